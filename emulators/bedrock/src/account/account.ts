import type { Clock } from '../clock.ts'
import type { Principal } from '../identity/principal.ts'
import { type Session, type SessionCredentials, Sessions } from '../identity/sessions.ts'
import type { PolicyDocument } from '../policy/policy.ts'
import type { Seed, SeededModel } from './seed.ts'

const nothingAllowed: PolicyDocument = { Version: '2012-10-17', Statement: [] }

/** The emulated AWS account: the seed, and what the switchboard changed since. */
export class Account {
  readonly seed: Seed
  readonly clock: Clock
  /** How long sessions live whatever was asked for; `undefined` = as asked. */
  sessionSeconds: number | undefined
  #sessionsValidFromMs = 0
  readonly #sessions: Sessions
  readonly #policies = new Map<string, PolicyDocument>()
  readonly #models = new Map<string, Partial<SeededModel>>()

  constructor(seed: Seed, clock: Clock) {
    this.seed = seed
    this.clock = clock
    this.#sessions = new Sessions(seed.accessKeys[0]?.secretAccessKey ?? seed.accountId)
  }

  policyOf(arn: string): PolicyDocument {
    return this.#policies.get(arn) ?? this.seed.policies[arn] ?? nothingAllowed
  }

  setPolicy(arn: string, policy: PolicyDocument): void {
    this.#policies.set(arn, policy)
  }

  model(id: string): SeededModel | undefined {
    const seeded = this.seed.models.find(model => model.id === id)
    return seeded && { ...seeded, ...this.#models.get(id) }
  }

  changeModel(id: string, change: Partial<Pick<SeededModel, 'lifecycle' | 'access'>>): void {
    this.#models.set(id, { ...this.#models.get(id), ...change })
  }

  issueSession(principal: Principal, lifetimeSeconds: number): SessionCredentials {
    const issuedAtMs = Math.max(this.clock.nowMs(), this.#sessionsValidFromMs)
    return this.#sessions.issue(principal, issuedAtMs, this.sessionSeconds ?? lifetimeSeconds)
  }

  /** The session behind temporary credentials, over or not; `undefined` if they were not issued here. */
  openSession(sessionToken: string, accessKeyId: string): (Session & { isOver: boolean }) | undefined {
    const session = this.#sessions.open(sessionToken, accessKeyId)
    if (!session) return undefined
    const isOver = this.clock.nowMs() >= session.expiresAtMs || session.issuedAtMs < this.#sessionsValidFromMs
    return { ...session, isOver }
  }

  /** Makes every session issued until now an expired one. */
  expireSessions(): void {
    this.#sessionsValidFromMs = this.clock.nowMs() + 1
  }

  /** Back to the seed. */
  reset(): void {
    this.#policies.clear()
    this.#models.clear()
    this.sessionSeconds = undefined
    this.#sessionsValidFromMs = 0
    this.clock.offsetSeconds = 0
  }
}
