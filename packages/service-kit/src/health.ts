import type { ProblemError } from '@entra-agents/service-kit'
import { nowAsText } from './now.ts'

/** Health of something that the agent depends on. `ready` only after it has worked. */
export interface ComponentHealth {
  readonly state: 'ready' | 'unavailable' | 'unknown'
  /** When the component was last observed, in ISO 8601. */
  readonly checkedAt?: string
  /** Why the component is unavailable, or what is wrong with a part of it. */
  readonly problem?: ProblemError
  /** Health of each tool, if they can differ. */
  readonly tools?: readonly ToolHealth[]
}

export interface ToolHealth extends Omit<ComponentHealth, 'tools'> {
  readonly name: string
  /** Whether the tool's calls wait for approval. */
  readonly waits?: boolean
}

/** The last known health of one dependency. */
export class HealthRecord {
  #current: ComponentHealth = { state: 'unknown' }

  get current(): ComponentHealth {
    return this.#current
  }

  works(): void {
    this.#current = { state: 'ready', checkedAt: nowAsText() }
  }

  fails(problem: ProblemError): void {
    this.#current = { state: 'unavailable', checkedAt: nowAsText(), problem }
  }

  forget(): void {
    this.#current = { state: 'unknown' }
  }
}

/** The health of dependencies together: unavailable if any is unavailable, else ready if any is ready, else unknown. */
export function combineHealth(parts: readonly ComponentHealth[]): ComponentHealth {
  return (
    parts.find(({ state }) => state === 'unavailable') ??
    parts.find(({ state }) => state === 'ready') ?? { state: 'unknown' }
  )
}
