import type { Principal } from '../identity/principal.ts'
import type { PolicyDocument } from '../policy/policy.ts'

/** A pair of access keys; temporary when it has a session token. */
export interface SeededAccessKey {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string | undefined
  /** Milliseconds since 1970; only for temporary keys. */
  readonly expiresAtMs?: number
  readonly principal: Principal
}

export interface SeededApiKey {
  readonly key: string
  /** The region it was generated for; without one it holds in every region. */
  readonly region?: string
  readonly expiresAtMs?: number
  readonly principal: Principal
}

/** An OpenID Connect provider registered in IAM. */
export interface IdentityProvider {
  /** As in the token's `iss`, to the character. */
  readonly issuer: string
  /** The client ids registered with the provider. */
  readonly audiences: readonly string[]
}

export interface SeededRole {
  readonly arn: string
  readonly maxSessionSeconds: number
  /** Who may assume the role with a web identity token. Without it nobody may. */
  readonly trust?: { readonly issuer: string; readonly audience: string; readonly subject: string }
}

export const lifecycles = ['ACTIVE', 'LEGACY', 'EOL'] as const
export const accessStates = ['granted', 'not-granted', 'no-use-case-form', 'no-subscription'] as const
export const geographies = ['us', 'eu', 'jp', 'au', 'apac', 'global'] as const
export type Geography = (typeof geographies)[number]

export interface SeededModel {
  readonly id: string
  /** `LEGACY`: alive, but this account has not used it lately, so Bedrock refuses. `EOL`: nobody can use it any more. */
  readonly lifecycle: (typeof lifecycles)[number]
  readonly access: (typeof accessStates)[number]
  /** Geographies of its inference profiles. No Claude model can be invoked by its bare id. */
  readonly profiles: readonly Geography[]
  readonly maxOutputTokens: number
  /** Models since 5.5 refuse `temperature` and `topP`; before, one of them may be sent. */
  readonly takesSampling: boolean
  /** Whether a conversation may end with the beginning of the answer. */
  readonly takesPrefill: boolean
  /** Whether thinking can be switched off; where it can't, a tool cannot be forced either. */
  readonly thinking: 'optional' | 'always'
}

/** The AWS account that is emulated: who may call, and what there is to be called. */
export interface Seed {
  readonly accountId: string
  readonly region: string
  readonly accessKeys: readonly SeededAccessKey[]
  readonly apiKeys: readonly SeededApiKey[]
  readonly identityProviders: readonly IdentityProvider[]
  readonly roles: readonly SeededRole[]
  /** Policies by the ARN of the user or role. Who has none may do nothing. */
  readonly policies: Readonly<Record<string, PolicyDocument>>
  readonly models: readonly SeededModel[]
}
