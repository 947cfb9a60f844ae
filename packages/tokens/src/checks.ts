import type { Claims } from './decode-token.ts'
import { type CheckName, TokenRefused } from './token-refused.ts'

/** The tenant whose tokens are accepted, and the API that they have to be for. */
export interface TokenRules {
  /** Entra's URL, such as that of a sovereign cloud, without a trailing slash. Default: `https://login.microsoftonline.com`. */
  readonly authority?: string | undefined
  readonly tenantId: string
  /** Client id of the app registration of the API. */
  readonly appId: string
  /** The accepted audiences, by the token's version. Default: the app id, and for version 1 `api://<app id>` too. */
  readonly audiences?: Readonly<Record<'1.0' | '2.0', readonly string[]>>
  /** For how many seconds a token is accepted before `nbf` and after `exp`, since clocks differ. Default: 60 each. */
  readonly tolerance?: { readonly start: number; readonly end: number }
}

export const publicAuthority = 'https://login.microsoftonline.com'

/** A check of some claims of a token, such as `iss` or `exp`. fast-jwt is set to check no claims. */
export interface ClaimCheck {
  readonly name: CheckName
  /** @throws {TokenRefused} */
  readonly inspect: (claims: Claims) => void
}

/** The last second of the year 9999. */
const latestTime = 253_402_300_799

/** The checks of the claims of a token whose signature has been verified. */
export function createChecks(rules: TokenRules): readonly ClaimCheck[] {
  const { authority = publicAuthority, tenantId, appId, tolerance = { start: 60, end: 60 } } = rules
  const { audiences = { '1.0': [appId, `api://${appId}`], '2.0': [appId] } } = rules
  const issuers = { '1.0': `https://sts.windows.net/${tenantId}/`, '2.0': `${authority}/${tenantId}/v2.0` }
  return [
    {
      name: 'issuer',
      inspect({ iss, ver }) {
        if (iss !== issuers['1.0'] && iss !== issuers['2.0'])
          throw new TokenRefused('issuer', 'The token is from an issuer that this API does not trust.')
        if (!isVersion(ver) || iss !== issuers[ver])
          throw new TokenRefused('issuer', 'The version of the token does not go with its issuer.')
      },
    },
    {
      name: 'tenant',
      inspect({ tid }) {
        if (tid !== tenantId) throw new TokenRefused('tenant', 'The token is from another tenant.')
      },
    },
    {
      name: 'audience',
      inspect({ aud, ver }) {
        if (typeof aud !== 'string')
          throw new TokenRefused('audience', 'The token does not name one API as its audience.')
        if (!Object.values(audiences).flat().includes(aud))
          throw new TokenRefused('audience', 'The token is for another API.')
        if (!isVersion(ver) || !audiences[ver].includes(aud))
          throw new TokenRefused('audience', 'The version of the token does not go with its audience.')
      },
    },
    { name: 'lifetime', inspect: claims => inspectTimes(claims, tolerance) },
  ]
}

function isVersion(ver: unknown): ver is '1.0' | '2.0' {
  return ver === '1.0' || ver === '2.0'
}

function inspectTimes({ exp, nbf = 0, iat = 0 }: Claims, tolerance: { start: number; end: number }): void {
  if (!isTime(exp) || !isTime(nbf) || !isTime(iat))
    throw new TokenRefused('lifetime', 'The token has an unusable time (exp, nbf or iat).')
  const now = Date.now() / 1000
  if (now >= exp + tolerance.end) throw new TokenRefused('lifetime', 'The token has expired.', exp * 1000)
  if (now < nbf - tolerance.start) throw new TokenRefused('lifetime', 'The token is not valid yet.')
  if (now < iat - tolerance.start) throw new TokenRefused('lifetime', 'The token was issued in the future.')
  if (nbf > exp) throw new TokenRefused('lifetime', 'The token ends before it begins.')
}

/** A NumericDate (RFC 7519 §2) in whole seconds, from 1970 to 9999. */
function isTime(value: unknown): value is number {
  return Number.isInteger(value) && Number(value) >= 0 && Number(value) <= latestTime
}
