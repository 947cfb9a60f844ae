import { type Dispatcher, request } from 'undici'
import type { TokenRequest } from '../tokens/token-request.ts'

const timeoutMs = 100_000

/** The headers that .NET counts as content headers. */
const contentHeaders = [
  ...['Allow', 'Content-Disposition', 'Content-Encoding', 'Content-Language', 'Content-Location'],
  ...['Content-MD5', 'Content-Range', 'Content-Type', 'Expires', 'Last-Modified'],
]

/** Calls a downstream API without redirects, and wraps what it responds as the sidecar does: of headers only those of content. */
export async function callDownstream(
  { options, trace: { signal } }: TokenRequest,
  token: string,
  content: { readonly type: string; readonly body: Buffer } | undefined,
) {
  const { baseUrl = '', relativePath, httpMethod, acceptHeader } = options
  const url = new URL(`${baseUrl.replace(/\/+$/, '')}/${relativePath.replace(/^\/+/, '')}`)
  const { statusCode, headers, body } = await request(url, {
    method: httpMethod.toUpperCase() as Dispatcher.HttpMethod,
    headers: {
      authorization: `Bearer ${token}`,
      accept: acceptHeader,
      ...(content ? { 'content-type': content.type } : {}),
    },
    body: content?.body ?? null,
    headersTimeout: timeoutMs,
    bodyTimeout: timeoutMs,
    signal,
  })
  const received = Buffer.from(await body.arrayBuffer())
  const kept = contentHeaders.flatMap(name => {
    const value = headers[name.toLowerCase()]
    return value === undefined ? [] : [[name, [value].flat()] as const]
  })
  return {
    statusCode,
    headers: { ...Object.fromEntries(kept), 'Content-Length': [`${received.length}`] },
    content: received.length > 0 ? received.toString() : null,
  }
}
