import type { JsonObject } from '../json.ts'

const clockSkewSeconds = 300

/** The last second that a .NET date can hold. */
const endOfTimeSeconds = 253_402_300_799

/** What is wrong with a token's times, worded as ASP.NET Core does; `undefined` when nothing is. */
export function describeLifetimeFault(claims: JsonObject, nowMs: number): string | undefined {
  const expires = numericDate(claims['exp'])
  const notBefore = numericDate(claims['nbf'])
  const now = nowMs / 1000
  if (expires === undefined) return 'The token has no expiration'
  if (notBefore !== undefined && notBefore > expires) {
    return `The token lifetime is invalid; NotBefore: '${invariant(notBefore)}', Expires: '${invariant(expires)}'`
  }
  if (notBefore !== undefined && notBefore > now + clockSkewSeconds) {
    return `The token is not valid before '${invariant(notBefore)}'`
  }
  return expires < now - clockSkewSeconds ? `The token expired at '${invariant(expires)}'` : undefined
}

function numericDate(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined
}

/** Seconds since the epoch as .NET's invariant culture writes them: 11/25/2026 01:18:17, in UTC. */
function invariant(seconds: number): string {
  const [date = '', time = ''] = new Date(Math.min(Math.max(seconds, 0), endOfTimeSeconds) * 1000)
    .toISOString()
    .split('T')
  const [year, month, day] = date.split('-')
  return `${month}/${day}/${year} ${time.slice(0, 8)}`
}
