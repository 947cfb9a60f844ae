import type { Config } from '../config.ts'
import { type Principal, sessionPrincipal } from './principal.ts'

/** A pair of access keys; temporary when it has a session token. */
export interface AccessKey {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string | undefined
  /** Milliseconds since 1970; only for temporary keys. */
  readonly expiresAtMs?: number
  readonly principal: Principal
}

/** An Amazon Bedrock API key. */
export interface ApiKey {
  readonly key: string
  /** The region it was generated for; without one it holds in every region. */
  readonly region?: string
  readonly expiresAtMs?: number
  readonly principal: Principal
}

/** The secret of every key below that exists to be refused. It opens nothing outside this emulator. */
const demoSecret = 'emulated-secret-access-key'
const longAgoMs = Date.UTC(2026, 0, 1)

/** The users of the account. */
export function usersOf({ accountId }: Config) {
  const user = (name: string): Principal => {
    const arn = `arn:aws:iam::${accountId}:user/${name}`
    return { arn, policyArn: arn }
  }
  return { agent: user('agent'), withoutPolicy: user('without-policy'), profilesOnly: user('profiles-only') }
}

/** The key that works, and one of each kind that must fail, so that every refusal can be provoked by environment alone. */
export function accessKeysOf(config: Config): readonly AccessKey[] {
  const { agent, withoutPolicy, profilesOnly } = usersOf(config)
  const developer = sessionPrincipal(config.role.arn, 'developer')
  return [
    { ...config.accessKey, principal: config.accessKey.sessionToken ? developer : agent },
    {
      accessKeyId: 'ASIAEXPIRED00EXAMPLE',
      secretAccessKey: demoSecret,
      sessionToken: 'emulated-expired-session-token',
      expiresAtMs: longAgoMs,
      principal: developer,
    },
    { accessKeyId: 'AKIANOPOLICY0EXAMPLE', secretAccessKey: demoSecret, principal: withoutPolicy },
    { accessKeyId: 'AKIAPROFILES0EXAMPLE', secretAccessKey: demoSecret, principal: profilesOnly },
  ]
}

/** The API key that works, and those that must fail. */
export function apiKeysOf(config: Config): readonly ApiKey[] {
  const { agent, withoutPolicy } = usersOf(config)
  return [
    { key: config.bearerKey, principal: agent },
    { key: 'emulated-expired-api-key', expiresAtMs: longAgoMs, principal: agent },
    { key: 'emulated-api-key-of-another-region', region: 'xx-other-1', principal: agent },
    { key: 'emulated-api-key-without-policy', principal: withoutPolicy },
  ]
}
