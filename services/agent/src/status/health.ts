import type { ProblemError } from '@entra-bedrock-agent/service-kit'
import { nowAsText } from './now.ts'

/** What is known about something the agent depends on. `ready` only after it was seen to work. */
export interface ComponentHealth {
  readonly state: 'ready' | 'unavailable' | 'unknown'
  /** When that was last seen, ISO 8601. */
  readonly checkedAt?: string
  /** Why it is unavailable, or what is wrong with a part of it. */
  readonly problem?: ProblemError
  /** Of each tool by itself, where they may fare differently. */
  readonly tools?: readonly ToolHealth[]
}

export interface ToolHealth extends Omit<ComponentHealth, 'tools'> {
  readonly name: string
}

/** Remembers the last thing that was seen of one dependency. */
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

/** The health of several things that are needed together: unavailable as soon as one is, ready when one was seen to work. */
export function combineHealth(parts: readonly ComponentHealth[]): ComponentHealth {
  return (
    parts.find(({ state }) => state === 'unavailable') ??
    parts.find(({ state }) => state === 'ready') ?? { state: 'unknown' }
  )
}
