import { createHmac, timingSafeEqual } from 'node:crypto'
import type { SignatureV4Authorization } from './authorization.ts'
import { canonicalRequest, sha256 } from './canonical-request.ts'
import { headerOf, type SignedRequest } from './signed-request.ts'

/** AWS tolerates five minutes between its clock and the caller's. */
const toleranceMs = 5 * 60_000

export interface SigningScope {
  readonly region: string
  /** The service's signing name, such as `bedrock`. */
  readonly service: string
}

/**
 * Recomputes a Signature Version 4 from the raw request.
 *
 * @returns what is wrong, in the words of AWS, or `undefined` when the signature holds.
 */
export function findSignatureFault(
  request: SignedRequest,
  authorization: SignatureV4Authorization,
  secretAccessKey: string,
  scope: SigningScope,
  nowMs: number,
): string | undefined {
  const timestamp = headerOf(request, 'x-amz-date') ?? ''
  return (
    findScopeFault(authorization, scope, timestamp) ??
    findClockFault(timestamp, nowMs) ??
    findUnsignedHeader(request, authorization.signedHeaders) ??
    findMismatch(request, authorization, secretAccessKey, timestamp)
  )
}

function findScopeFault(
  { date, region, service }: SignatureV4Authorization,
  scope: SigningScope,
  timestamp: string,
): string | undefined {
  if (region !== scope.region) return 'Credential should be scoped to a valid region. '
  if (service !== scope.service) return `Credential should be scoped to correct service: '${scope.service}'. `
  if (date === timestamp.slice(0, 8)) return undefined
  return `Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '${date}' != '${timestamp.slice(0, 8)}', from '${timestamp}'.`
}

function findClockFault(timestamp: string, nowMs: number): string | undefined {
  const signedMs = parseTimestamp(timestamp)
  if (Number.isNaN(signedMs)) {
    return `Date must be in ISO-8601 'basic format'. Got '${timestamp}'. See http://en.wikipedia.org/wiki/ISO_8601`
  }
  const now = formatTimestamp(nowMs)
  const earliest = formatTimestamp(nowMs - toleranceMs)
  const latest = formatTimestamp(nowMs + toleranceMs)
  if (signedMs < nowMs - toleranceMs) {
    return `Signature expired: ${timestamp} is now earlier than ${earliest} (${now} - 5 min.)`
  }
  if (signedMs > nowMs + toleranceMs) {
    return `Signature not yet current: ${timestamp} is still later than ${latest} (${now} + 5 min.)`
  }
  return undefined
}

/** The host and everything that begins with `x-amz-` must be signed, or it could be changed on the way. */
function findUnsignedHeader(request: SignedRequest, signedHeaders: readonly string[]): string | undefined {
  const signed = new Set(signedHeaders)
  const host = [':authority', 'host'].some(name => signed.has(name)) ? [] : ['host']
  const missing = [...host, ...Object.keys(request.headers).filter(name => name.startsWith('x-amz-'))].find(
    name => !signed.has(name),
  )
  return missing === undefined ? undefined : `'${missing}' must be a 'SignedHeader' in the AWS Authorization.`
}

function findMismatch(
  request: SignedRequest,
  { date, region, service, signedHeaders, signature }: SignatureV4Authorization,
  secretAccessKey: string,
  timestamp: string,
): string | undefined {
  const canonical = canonicalRequest(request, signedHeaders)
  const stringToSign = [
    'AWS4-HMAC-SHA256',
    timestamp,
    `${date}/${region}/${service}/aws4_request`,
    sha256(canonical),
  ].join('\n')
  const key = [date, region, service, 'aws4_request'].reduce<Buffer>(
    (previous, part) => createHmac('sha256', previous).update(part).digest(),
    Buffer.from(`AWS4${secretAccessKey}`),
  )
  const expected = createHmac('sha256', key).update(stringToSign).digest('hex')
  if (isSame(expected, signature)) return undefined
  // AWS quotes all it was asked to verify, a session token in a signed header included; clients must cope with it.
  return [
    'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.',
    `The Canonical String for this request should have been\n'${canonical}'`,
    `The String-to-Sign should have been\n'${stringToSign}'\n`,
  ].join('\n\n')
}

function isSame(expected: string, given: string): boolean {
  const [a, b] = [Buffer.from(expected), Buffer.from(given)]
  return a.length === b.length && timingSafeEqual(a, b)
}

function parseTimestamp(text: string): number {
  const match = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(text)
  if (!match) return Number.NaN
  const [, year, month, day, hour, minute, second] = match
  return Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`)
}

function formatTimestamp(ms: number): string {
  return new Date(ms).toISOString().replace(/[-:]|\.\d{3}/g, '')
}
