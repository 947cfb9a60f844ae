import { createHash, timingSafeEqual } from 'node:crypto'
import { Sha256 } from '@smithy/core/checksum'
import { SignatureV4 } from '@smithy/signature-v4'
import type { FastifyRequest } from 'fastify'

export type ReceivedRequest = Readonly<ReturnType<typeof receivedRequest>>

/** The raw request behind one whose body was read as bytes: path and query without decoding, so that its signature can be recomputed. */
export function receivedRequest({ raw, body }: FastifyRequest) {
  const { method = 'GET', url = '/' } = raw
  const [path = '/'] = url.split('?', 1)
  const headers = Object.entries(raw.headers).map(([name, value]) => [name, String(value)] as const)
  return {
    ...{ method, path, query: url.slice(path.length + 1) },
    /** By their names in lower case; repeated headers are joined, as by Node. */
    headers: Object.fromEntries(headers) as Readonly<Record<string, string>>,
    body: body instanceof Uint8Array ? body : new Uint8Array(),
  }
}

const headerPattern =
  /^AWS4-HMAC-SHA256 Credential=([^/,]+)\/\d{8}\/([^/,]+)\/([^/,]+)\/aws4_request, SignedHeaders=([^,]+), Signature=\w+$/

/** The parts of an `Authorization: AWS4-HMAC-SHA256 …` header. */
export type SignatureV4Authorization = NonNullable<ReturnType<typeof readAuthorization>>

/** Parses an `Authorization` header; `undefined` if the header has another form. */
export function readAuthorization(header: string) {
  const [whole, accessKeyId = '', region = '', service = '', names = ''] = headerPattern.exec(header) ?? []
  return whole === undefined ? undefined : { accessKeyId, region, service, signedHeaders: names.split(';') }
}

/** AWS tolerates five minutes between its clock and the caller's. */
const toleranceMs = 5 * 60_000
const mismatchMessage =
  'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.'

type SigningScope = Pick<SignatureV4Authorization, 'region' | 'service'>

/**
 * Verifies a Signature Version 4 by signing the raw request again.
 *
 * @returns AWS's text about what is wrong, or `undefined` when the signature is valid.
 */
export async function findSignatureFault(
  request: ReceivedRequest,
  authorization: SignatureV4Authorization,
  secretAccessKey: string,
  scope: SigningScope,
  nowMs: number,
): Promise<string | undefined> {
  const timestamp = request.headers['x-amz-date'] ?? ''
  const signingDate = parseTimestamp(timestamp)
  const fault =
    findScopeFault(authorization, scope) ??
    findClockFault(timestamp, signingDate.getTime(), nowMs) ??
    findUnsignedHeader(request, authorization.signedHeaders)
  if (fault !== undefined) return fault
  const expected = await sign(request, authorization, secretAccessKey, signingDate)
  const { authorization: given = '' } = request.headers
  return isHashOfBody(request) && isSame(given, expected) ? undefined : mismatchMessage
}

function findScopeFault({ region, service }: SigningScope, scope: SigningScope): string | undefined {
  if (region !== scope.region) return 'Credential should be scoped to a valid region. '
  if (service === scope.service) return undefined
  return `Credential should be scoped to correct service: '${scope.service}'. `
}

function findClockFault(timestamp: string, signedMs: number, nowMs: number): string | undefined {
  if (Number.isNaN(signedMs))
    return `Date must be in ISO-8601 'basic format'. Got '${timestamp}'. See http://en.wikipedia.org/wiki/ISO_8601`
  const [earliest, now, latest] = [-toleranceMs, 0, toleranceMs].map(ms =>
    new Date(nowMs + ms).toISOString().replace(/[-:]|\.\d{3}/g, ''),
  )
  if (signedMs < nowMs - toleranceMs)
    return `Signature expired: ${timestamp} is now earlier than ${earliest} (${now} - 5 min.)`
  if (signedMs > nowMs + toleranceMs)
    return `Signature not yet current: ${timestamp} is still later than ${latest} (${now} + 5 min.)`
  return undefined
}

/** The host (`:authority` in HTTP/2) and all headers that begin with `x-amz-` must be signed. */
function findUnsignedHeader({ headers }: ReceivedRequest, signed: readonly string[]): string | undefined {
  const host = ':authority' in headers ? ':authority' : 'host'
  const demanded = [host, ...Object.keys(headers).filter(name => name.startsWith('x-amz-'))]
  const missing = demanded.find(name => !signed.includes(name))
  return missing && `'${missing}' must be a 'SignedHeader' in the AWS Authorization.`
}

/** Whether the hash in the header is the hash of the body, which the signing library does not check. */
function isHashOfBody({ headers, body }: ReceivedRequest): boolean {
  const claimed = headers['x-amz-content-sha256']
  return claimed === undefined || claimed === createHash('sha256').update(body).digest('hex')
}

/** The `Authorization` header that the request has to have. */
async function sign(
  request: ReceivedRequest,
  { accessKeyId, region, service, signedHeaders }: SignatureV4Authorization,
  secretAccessKey: string,
  signingDate: Date,
): Promise<string> {
  const credentials = { accessKeyId, secretAccessKey }
  const signer = new SignatureV4({ service, region, credentials, sha256: Sha256, applyChecksum: false })
  const { method, path, body } = request
  const query = new URLSearchParams(request.query)
  const { headers } = await signer.sign(
    {
      method,
      protocol: 'http:',
      hostname: '',
      path,
      query: Object.fromEntries([...query.keys()].map(name => [name, query.getAll(name)])),
      headers: Object.fromEntries(signedHeaders.map(name => [name, request.headers[name] ?? ''])),
      body,
    },
    { signingDate, signableHeaders: new Set(signedHeaders) },
  )
  return headers['authorization'] ?? ''
}

function isSame(given: string, expected: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(expected)]
  return a.length === b.length && timingSafeEqual(a, b)
}

/** Parses a time such as `20261125T011817Z`; any other text gives an invalid date. */
function parseTimestamp(text: string): Date {
  const [, year, month, day, hour, minute, second] =
    /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(text) ?? []
  return new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`)
}
