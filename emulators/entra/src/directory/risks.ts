import { randomUUID } from 'node:crypto'
import { type Clock, LatestRows } from '@entra-agents/emulator-kit'
import type { RiskLevel } from './policies.ts'

/** What an administrator can say of a risk, and what the risk becomes. */
export const riskActions = {
  confirmCompromised: { riskLevel: 'high', riskState: 'confirmedCompromised' },
  confirmSafe: { riskLevel: 'none', riskState: 'confirmedSafe' },
  dismiss: { riskLevel: 'none', riskState: 'dismissed' },
} as const
export type RiskAction = keyof typeof riskActions

interface Risk {
  readonly riskLevel: RiskLevel | 'none'
  readonly riskState: (typeof riskActions)[RiskAction]['riskState'] | 'atRisk'
  readonly riskLastModifiedDateTime: string
}

/** A risk that was detected: of an agent, of its user account, or of a user for whom an agent acted. */
export interface RiskDetection {
  readonly id: string
  readonly subjectId: string
  readonly detectedDateTime: string
  readonly riskEventType: string
  readonly riskLevel: RiskLevel
}

/** Who is at risk (https://learn.microsoft.com/entra/id-protection/concept-risky-agents). */
export class Risks {
  readonly #clock: Clock
  readonly #changes = new Map<string, { before: Risk | undefined; after: Risk; effectiveAtMs: number }>()
  readonly #detections = new LatestRows<RiskDetection>(1_000)

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** The risk as it counts now, and whether a change is still being processed; `undefined` if there has been none. */
  of(id: string): (Risk & { readonly isProcessing: boolean }) | undefined {
    const change = this.#changes.get(id)
    const isProcessing = change !== undefined && this.#clock.nowMs() < change.effectiveAtMs
    const risk = isProcessing ? change.before : change?.after
    return risk && { ...risk, isProcessing }
  }

  levelOf(id: string): Risk['riskLevel'] {
    return this.of(id)?.riskLevel ?? 'none'
  }

  get detections(): readonly RiskDetection[] {
    return this.#detections.all
  }

  detect(subjectId: string, riskEventType: string, riskLevel: RiskLevel): void {
    this.#note(subjectId, riskEventType, riskLevel)
    this.#change(subjectId, { riskLevel, riskState: 'atRisk' }, 0)
  }

  /** @param processingSeconds how long it takes until the action counts */
  act(subjectId: string, action: RiskAction, processingSeconds: number): void {
    if (action === 'confirmCompromised') this.#note(subjectId, 'adminConfirmedAgentCompromised', 'high')
    this.#change(subjectId, riskActions[action], processingSeconds)
  }

  clear(): void {
    this.#changes.clear()
    this.#detections.clear()
  }

  #note(subjectId: string, riskEventType: string, riskLevel: RiskLevel): void {
    const detectedDateTime = this.#clock.timestamp()
    this.#detections.add({ id: randomUUID(), subjectId, detectedDateTime, riskEventType, riskLevel })
  }

  #change(id: string, risk: Omit<Risk, 'riskLastModifiedDateTime'>, processingSeconds: number): void {
    const after = { ...risk, riskLastModifiedDateTime: this.#clock.timestamp() }
    const effectiveAtMs = this.#clock.nowMs() + processingSeconds * 1_000
    this.#changes.set(id, { before: this.of(id), after, effectiveAtMs })
  }
}
