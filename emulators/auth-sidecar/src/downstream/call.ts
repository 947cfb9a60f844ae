import { Agent, type Dispatcher, interceptors, request } from 'undici'
import type { ApiOptions } from '../settings/downstream-apis.ts'

/** What a downstream API answered, as the sidecar wraps it. */
export interface DownstreamResult {
  readonly statusCode: number
  /** Headers of the content only, each with its values. */
  readonly headers: Readonly<Record<string, readonly string[]>>
  /** `null` when there was no body. */
  readonly content: string | null
}

export interface DownstreamCall {
  readonly options: ApiOptions
  readonly authorizationHeader: string
  readonly content: { readonly type: string; readonly body: Buffer } | undefined
  readonly signal: AbortSignal
}

export interface DownstreamAnswer {
  readonly result: DownstreamResult
  /** A claims challenge that asks for another token (learn.microsoft.com/entra/identity-platform/claims-challenge). */
  readonly claimsChallenge: string | undefined
}

const answerTimeoutMs = 100_000
const mostRedirects = 50

/** .NET keeps these headers with the content, not with the answer. */
const contentHeaders = new Map(
  [
    'Allow',
    'Content-Disposition',
    'Content-Encoding',
    'Content-Language',
    'Content-Length',
    'Content-Location',
    'Content-MD5',
    'Content-Range',
    'Content-Type',
    'Expires',
    'Last-Modified',
  ].map(name => [name.toLowerCase(), name]),
)

/** Calls downstream APIs; redirects are not followed unless the configuration says so. */
export class DownstreamCaller {
  readonly #agent = new Agent({ headersTimeout: answerTimeoutMs, bodyTimeout: answerTimeoutMs })
  readonly #dispatcher: Dispatcher

  constructor(followRedirects: boolean) {
    this.#dispatcher = followRedirects
      ? this.#agent.compose(interceptors.redirect({ maxRedirections: mostRedirects }))
      : this.#agent
  }

  /** @throws when the API cannot be reached or its address is none. */
  async call({ options, authorizationHeader, content, signal }: DownstreamCall): Promise<DownstreamAnswer> {
    const answer = await request(downstreamUrl(options), {
      method: options.httpMethod.toUpperCase() as Dispatcher.HttpMethod,
      headers: {
        authorization: authorizationHeader,
        ...(options.acceptHeader ? { accept: options.acceptHeader } : {}),
        ...(content ? { 'content-type': content.type } : {}),
        ...options.extraHeaderParameters,
      },
      body: content?.body ?? null,
      dispatcher: this.#dispatcher,
      signal,
    })
    const body = Buffer.from(await answer.body.arrayBuffer())
    const { statusCode, headers } = answer
    return {
      result: {
        statusCode,
        headers: selectContentHeaders(headers, body.length),
        content: body.length > 0 ? body.toString() : null,
      },
      claimsChallenge: statusCode === 401 ? readClaimsChallenge(headers['www-authenticate']) : undefined,
    }
  }

  async close(): Promise<void> {
    await this.#agent.destroy()
  }
}

function downstreamUrl({ baseUrl, relativePath, extraQueryParameters }: ApiOptions): URL {
  const url = new URL(`${(baseUrl ?? '').replace(/\/+$/, '')}/${relativePath.replace(/^\/+/, '')}`)
  for (const [name, value] of Object.entries(extraQueryParameters)) url.searchParams.append(name, value)
  return url
}

function selectContentHeaders(
  headers: Dispatcher.ResponseData['headers'],
  length: number,
): DownstreamResult['headers'] {
  const selected: Record<string, readonly string[]> = {}
  for (const [name, value] of Object.entries(headers)) {
    const spelling = contentHeaders.get(name)
    if (spelling && value !== undefined) selected[spelling] = [value].flat()
  }
  return { ...selected, 'Content-Length': [`${length}`] }
}

/** The `claims` of a Bearer challenge, decoded from base64. */
function readClaimsChallenge(header: string | string[] | undefined): string | undefined {
  const [, claims] = /\bclaims="([^"]+)"/.exec([header].flat().join(', ')) ?? []
  return claims === undefined ? undefined : Buffer.from(claims, 'base64').toString()
}
