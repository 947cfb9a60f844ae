import type { VerifierOptions } from 'fast-jwt'
import type { TokenConfig } from '../config.ts'
import { type CheckName, rejectToken } from './refusals.ts'
import type { Claims } from './token-header.ts'

/** One check of a token: what fast-jwt is told to verify, and what it cannot know of Entra's tokens. */
export interface Check {
  readonly name: CheckName
  readonly verify?: VerifierOptions
  /** @throws {ProblemError} WEATHER_TOKEN_REJECTED */
  readonly inspect?: (claims: Claims) => void
}

/** Clocks of issuer and API may differ by this much. */
const clockToleranceMs = 60_000

/** The last second of the year 9999. */
const latestTime = 253_402_300_799

/** The checks by which a token is known as one that Entra made for this API. Only what is in this list is checked. */
export function createChecks(config: TokenConfig): readonly Check[] {
  const { tenantId, weatherApiAppId, validateSignature } = config
  const issuers = new Map<unknown, string>([
    ['1.0', `https://sts.windows.net/${tenantId}/`],
    ['2.0', `${config.authority}/${tenantId}/v2.0`],
  ])
  const signature: Check = { name: 'signature', verify: { algorithms: ['RS256'] } }
  return [
    ...(validateSignature ? [signature] : []),
    {
      name: 'issuer',
      verify: { allowedIss: [...issuers.values()] },
      inspect({ iss, ver }) {
        if (iss === undefined || iss !== issuers.get(ver))
          throw rejectToken('issuer', 'The version of the token does not go with its issuer.')
      },
    },
    {
      name: 'tenant',
      inspect({ tid }) {
        if (tid !== tenantId) throw rejectToken('tenant', 'The token is from another tenant.')
      },
    },
    {
      name: 'audience',
      verify: { allowedAud: [weatherApiAppId, `api://${weatherApiAppId}`] },
      inspect({ aud, ver }) {
        if (typeof aud !== 'string') throw rejectToken('audience', 'The token is for more than this API.')
        // Only version 1 names an API by its URI.
        if (ver === '2.0' && aud !== weatherApiAppId)
          throw rejectToken('audience', 'The version of the token does not go with its audience.')
      },
    },
    {
      name: 'lifetime',
      verify: { clockTolerance: clockToleranceMs },
      inspect: inspectTimes,
    },
  ]
}

/** fast-jwt takes every number for a time, also those that no date can hold, and lets tokens be issued in the future. */
function inspectTimes({ exp, nbf = 0, iat = 0 }: Claims): void {
  if (![exp, nbf, iat].every(isTime))
    throw rejectToken('lifetime', 'The token has an unusable time (exp, nbf or iat).')
  if (Number(iat) * 1000 > Date.now() + clockToleranceMs)
    throw rejectToken('lifetime', 'The token was issued in the future.')
}

/** A NumericDate (RFC 7519 §2) in whole seconds, from 1970 to 9999. */
function isTime(value: unknown): boolean {
  return Number.isInteger(value) && Number(value) >= 0 && Number(value) <= latestTime
}
