import type { Clock, Settings } from '@entra-agents/emulator-kit'
import type { Config } from '../config.ts'
import { type Model, models } from './models.ts'
import type { PolicyDocument } from './policy.ts'
import { type AccessKey, type ApiKey, type Policies, policyOf, seedAccount } from './seed.ts'
import { type Principal, type SessionCredentials, Sessions } from './sessions.ts'

/** Settings of the account that the control plane can change. */
export interface AccountChanges {
  /** Lifetime of all sessions, whatever was requested. */
  readonly sessionSeconds?: number
  readonly models: Readonly<Record<string, Partial<Pick<Model, 'lifecycle' | 'access' | 'contextTokens'>>>>
  readonly policies: Policies
}

/** The emulated AWS account in one region: its credentials, policies and models. */
export class Account {
  readonly config: Config
  readonly clock: Clock
  readonly #seed: ReturnType<typeof seedAccount>
  readonly #sessions: Sessions
  readonly #changes: Pick<Settings<AccountChanges>, 'current'>

  constructor(config: Config, clock: Clock, changes: Pick<Settings<AccountChanges>, 'current'>) {
    this.config = config
    this.clock = clock
    this.#seed = seedAccount(config)
    this.#sessions = new Sessions(config.accessKey.secretAccessKey)
    this.#changes = changes
  }

  /** The policy of a user or role; if it has none, an empty policy, which allows nothing. */
  policyOf(arn: string): PolicyDocument {
    return this.#changes.current.policies[arn] ?? this.#seed.policies[arn] ?? policyOf()
  }

  model(id: string): Model | undefined {
    const model = models.find(known => known.id === id)
    return model && { ...model, ...this.#changes.current.models[id] }
  }

  /** The access key with this id and session token, even if it has expired; `undefined` if there is none. */
  findAccessKey(id: string, sessionToken: string | undefined): AccessKey | undefined {
    return (
      this.#seed.accessKeys.find(key => key.accessKeyId === id && key.sessionToken === sessionToken) ??
      (sessionToken === undefined ? undefined : this.#sessions.open(sessionToken, id))
    )
  }

  findApiKey(key: string): ApiKey | undefined {
    return this.#seed.apiKeys.find(known => known.key === key)
  }

  issueSession(principal: Principal, lifetimeSeconds: number): SessionCredentials {
    const { sessionSeconds = lifetimeSeconds } = this.#changes.current
    return this.#sessions.issue(principal, this.clock.nowMs(), sessionSeconds)
  }
}
