import type { Clock, Settings } from '@entra-agents/emulator-kit'
import type { Config } from '../config.ts'
import { type Model, models } from './models.ts'
import type { PolicyDocument, Statement } from './policy.ts'
import { type Principal, type SessionCredentials, sessionPrincipal, sessionsOf } from './sessions.ts'

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
  readonly #sessions: ReturnType<typeof sessionsOf>
  readonly #changes: Pick<Settings<AccountChanges>, 'current'>

  constructor(config: Config, clock: Clock, changes: Pick<Settings<AccountChanges>, 'current'>) {
    this.config = config
    this.clock = clock
    this.#seed = seedAccount(config)
    this.#sessions = sessionsOf(config.accessKey.secretAccessKey)
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

interface Credential {
  readonly principal: Principal
  /** In milliseconds since 1970; `undefined` if the credential never expires. */
  readonly expiresAtMs?: number
}

/** A pair of access keys; temporary when it has a session token. */
export interface AccessKey extends Credential {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string | undefined
}

/** An Amazon Bedrock API key. */
export interface ApiKey extends Credential {
  readonly key: string
  /** The region in which the key is valid; `undefined` if it is valid in all regions. */
  readonly region?: string
}

export type Policies = Readonly<Record<string, PolicyDocument>>

/** An access key whose calls always fail. */
const demoKey = (accessKeyId: string, principal: Principal): AccessKey => {
  return { accessKeyId, principal, secretAccessKey: 'emulated-secret-access-key' }
}
const sessionToken = 'emulated-expired-session-token'
const pastExpiryMs = Date.UTC(2026, 0, 1)

const invokeActions = ['bedrock:InvokeModel', 'bedrock:InvokeModelWithResponseStream']
const foundationModels = ['arn:aws:bedrock:*::foundation-model/*', 'arn:aws:bedrock:::foundation-model/*']
const allow = (Action: string | string[], Resource: string | string[]): Statement => {
  return { Effect: 'Allow', Action, Resource }
}

/**
 * The account's credentials: one access key, one API key and one role that work, and one credential for each way to fail, so
 * that a client can cause every refusal by its configuration alone. Policies are keyed by the ARN of the user or role.
 */
export function seedAccount({ accountId, accessKey, bearerKey, role }: Config) {
  const user = (name: string): Principal => {
    const arn = `arn:aws:iam::${accountId}:user/${name}`
    return { arn, policyArn: arn }
  }
  const [agent, withoutPolicy, profilesOnly] = [user('agent'), user('without-policy'), user('profiles-only')]
  const developer = sessionPrincipal(role.arn, 'developer')
  const accessKeys: readonly AccessKey[] = [
    { ...accessKey, principal: accessKey.sessionToken ? developer : agent },
    { ...demoKey('ASIAEXPIRED00EXAMPLE', developer), sessionToken, expiresAtMs: pastExpiryMs },
    demoKey('AKIANOPOLICY0EXAMPLE', withoutPolicy),
    demoKey('AKIAPROFILES0EXAMPLE', profilesOnly),
  ]
  const apiKeys: readonly ApiKey[] = [
    { key: bearerKey, principal: agent },
    { key: 'emulated-expired-api-key', expiresAtMs: pastExpiryMs, principal: agent },
    { key: 'emulated-api-key-of-another-region', region: 'xx-other-1', principal: agent },
    { key: 'emulated-api-key-without-policy', principal: withoutPolicy },
  ]
  const profiles = allow(invokeActions, `arn:aws:bedrock:*:${accountId}:inference-profile/*`)
  const models = allow(invokeActions, foundationModels)
  const policies: Policies = {
    [agent.policyArn]: policyOf(profiles, models, allow('bedrock:CallWithBearerToken', '*')),
    [role.arn]: policyOf(profiles, models),
    [profilesOnly.policyArn]: policyOf(profiles),
  }
  return { accessKeys, apiKeys, policies }
}

export function policyOf(...statements: Statement[]): PolicyDocument {
  return { Version: '2012-10-17', Statement: statements }
}
