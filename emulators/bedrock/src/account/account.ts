import type { Config } from '../config.ts'
import { type AccessKey, type ApiKey, accessKeysOf, apiKeysOf, usersOf } from './credentials.ts'
import { type Model, models } from './models.ts'
import type { PolicyDocument, Statement } from './policy.ts'
import type { Principal } from './principal.ts'
import { type SessionCredentials, Sessions } from './sessions.ts'

/** What of the account can be changed while it runs. */
export interface AccountChanges {
  /** How long sessions live whatever was asked for. */
  readonly sessionSeconds?: number
  readonly models: Readonly<Record<string, Partial<Pick<Model, 'lifecycle' | 'access' | 'contextTokens'>>>>
  /** By the ARN of the user or role. */
  readonly policies: Readonly<Record<string, PolicyDocument>>
}

/** The emulated AWS account in its one region: who may call, and what there is to be called. */
export class Account {
  readonly id: string
  readonly region: string
  readonly role: Config['role']
  readonly #accessKeys: readonly AccessKey[]
  readonly #apiKeys: readonly ApiKey[]
  readonly #policies: AccountChanges['policies']
  readonly #sessions: Sessions
  readonly #clock: { nowMs(): number }
  readonly #changes: { readonly current: AccountChanges }

  constructor(config: Config, clock: { nowMs(): number }, changes: { readonly current: AccountChanges }) {
    this.id = config.accountId
    this.region = config.region
    this.role = config.role
    this.#accessKeys = accessKeysOf(config)
    this.#apiKeys = apiKeysOf(config)
    this.#policies = policiesOf(config)
    this.#sessions = new Sessions(config.accessKey.secretAccessKey)
    this.#clock = clock
    this.#changes = changes
  }

  nowMs(): number {
    return this.#clock.nowMs()
  }

  /** The policy of a user or role. Who has none may do nothing. */
  policyOf(arn: string): PolicyDocument {
    return this.#changes.current.policies[arn] ?? this.#policies[arn] ?? policyOf()
  }

  model(id: string): Model | undefined {
    const model = models.find(known => known.id === id)
    return model && { ...model, ...this.#changes.current.models[id] }
  }

  /** The key pair with this id and session token, over or not; `undefined` if there is none. */
  findAccessKey(accessKeyId: string, sessionToken: string | undefined): AccessKey | undefined {
    return (
      this.#accessKeys.find(key => key.accessKeyId === accessKeyId && key.sessionToken === sessionToken) ??
      (sessionToken === undefined ? undefined : this.#sessions.open(sessionToken, accessKeyId))
    )
  }

  findApiKey(key: string): ApiKey | undefined {
    return this.#apiKeys.find(known => known.key === key)
  }

  issueSession(principal: Principal, lifetimeSeconds: number): SessionCredentials {
    return this.#sessions.issue(
      principal,
      this.nowMs(),
      this.#changes.current.sessionSeconds ?? lifetimeSeconds,
    )
  }
}

const invoke = ['bedrock:InvokeModel', 'bedrock:InvokeModelWithResponseStream']
const bearerToken: Statement = { Effect: 'Allow', Action: 'bedrock:CallWithBearerToken', Resource: '*' }
const foundationModels: Statement = {
  Sid: 'ModelsBehindThem',
  Effect: 'Allow',
  Action: invoke,
  Resource: ['arn:aws:bedrock:*::foundation-model/*', 'arn:aws:bedrock:::foundation-model/*'],
}

function policiesOf(config: Config): AccountChanges['policies'] {
  const { agent, profilesOnly } = usersOf(config)
  const profiles: Statement = {
    Sid: 'Profiles',
    Effect: 'Allow',
    Action: invoke,
    Resource: `arn:aws:bedrock:*:${config.accountId}:inference-profile/*`,
  }
  return {
    [agent.policyArn]: policyOf(profiles, foundationModels, bearerToken),
    [config.role.arn]: policyOf(profiles, foundationModels),
    [profilesOnly.policyArn]: policyOf(profiles),
  }
}

function policyOf(...statements: Statement[]): PolicyDocument {
  return { Version: '2012-10-17', Statement: statements }
}
