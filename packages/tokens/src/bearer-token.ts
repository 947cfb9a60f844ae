import { TokenRefused } from './token-refused.ts'

/** A request as any server has it: a web `Request`, Node's, other headers, or the value of the one `Authorization` header. */
export type RequestLike =
  | string
  | undefined
  | {
      readonly headers:
        | Iterable<readonly [string, string]>
        | Readonly<Record<string, string | readonly string[] | undefined>>
      /** Names and values in turn. Node's `headers` leave out all but the first `Authorization` header. */
      readonly rawHeaders?: readonly string[]
    }

/** The values of all `Authorization` headers of a request; a web `Request` joins them to one, which is no token. */
export function readAuthorization(request: RequestLike): readonly string[] {
  if (request === undefined || typeof request === 'string') return [request ?? '']
  const { headers, rawHeaders } = request
  if (rawHeaders)
    return rawHeaders.filter(
      (_value, at) => rawHeaders[at - 1]?.toLowerCase() === 'authorization' && at % 2 === 1,
    )
  const pairs = Symbol.iterator in headers ? [...headers] : Object.entries(headers)
  return pairs.flatMap(([name, value]) => (name.toLowerCase() === 'authorization' ? (value ?? []) : []))
}

/** Tokens of users in very many groups have about 12 KB; Node refuses headers over 16 KiB. */
const maxHeaderLength = 14_000

/**
 * The bearer token of a request (RFC 6750 §2.1), which has the characters of a compact JWS (RFC 7515 §7.1).
 *
 * @param authorization the values of all its `Authorization` headers
 * @throws {TokenRefused} if the request does not have exactly one usable token; `failedCheck` is undefined if it has no token
 */
export function readBearerToken(authorization: readonly string[]): string {
  const [header = '', ...others] = authorization
  if (others.length > 0)
    throw new TokenRefused('format', 'The request has more than one Authorization header.')
  if (header === '') throw new TokenRefused(undefined, 'The request has no Authorization header.')
  if (!/^bearer( |$)/i.test(header))
    throw new TokenRefused(undefined, 'The Authorization header does not use the scheme Bearer.')
  if (header.length > maxHeaderLength) throw new TokenRefused('format', 'The token is too long.')
  const token = /^bearer +([\w.-]+)$/i.exec(header)?.[1]
  if (!token) throw new TokenRefused('format', 'The Authorization header does not hold one JWT.')
  return token
}
