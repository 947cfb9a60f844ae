import { buffer } from 'node:stream/consumers'
import { isProblem, LinkedAbort, parseJson } from '@entra-agents/service-kit'
import type { createFetch, StreamedResponse } from '@entra-agents/service-kit/fetch'
import type { Caller } from '../caller.ts'
import type { DownstreamApi } from '../downstream-api.ts'
import type { ApiCaller } from './api-caller.ts'
import { echoedTokenProblem, explainApiResponse } from './api-failures.ts'
import { checkBody, within } from './checked-body.ts'
import { holdsToken, redactBody } from './echoed-token.ts'
import type { ApiResponse } from './responses.ts'

/** A reply as the trace shows it, with the response that the caller of `fetch` gets. */
interface FetchedReply extends ApiResponse {
  readonly response: Response
}

/** What came of a call: a response, and what it means if it is a failure. */
export interface FetchResult {
  readonly response: Response
  readonly failure?: unknown
}

export interface ApiFetchOptions {
  readonly calls: Pick<ApiCaller, 'for'>
  readonly fetch: ReturnType<typeof createFetch>['fetch']
  readonly timeoutMs: number
}

/** The largest JSON document that the trace shows. */
const maxShownBytes = 256 * 1024
const defaultMaxResponseBytes = 16 * 1024 * 1024
const withoutBody: readonly number[] = [204, 205, 304]

/**
 * Sends a web request to an API, as `ApiContext` sends others: with TR, as a step of the trace, and again with a new token if the API
 * refused one of the cache. Its body is read beforehand, since it may be sent twice.
 *
 * @throws as `ApiContext.authorised` does, but not for the status of a response
 */
export async function fetchApi(
  { calls, fetch, timeoutMs: usualMs }: ApiFetchOptions,
  caller: Caller,
  parentId: string | undefined,
  api: DownstreamApi,
  request: Request,
): Promise<FetchResult> {
  const { method, url, headers } = request
  const signals = [caller.signal, request.signal]
  const body = request.body ? new Uint8Array(await request.arrayBuffer()) : undefined
  const timeoutMs = api.timeoutMs ?? usualMs
  let refused: FetchedReply | undefined

  async function send(given: Readonly<Record<string, string>>): Promise<FetchedReply> {
    await refused?.response.body?.cancel()
    refused = undefined
    const abort = new LinkedAbort(...signals)
    try {
      const sent = { method, headers: headersOf(headers, given), body: body ?? null, signal: abort.signal }
      const received = await within(timeoutMs, abort, () => fetch(url, sent))
      const tokens = [given['authorization'] ?? '', caller.user?.raw ?? '']
      return await readReply(api, received, tokens, { abort, timeoutMs })
    } catch (error) {
      abort[Symbol.dispose]()
      throw error
    }
  }

  using link = new LinkedAbort(...signals)
  const context = calls.for({ ...caller, signal: link.signal }, parentId)
  try {
    const response = await context.authorised<FetchedReply, Response>(api, {
      subject: `${method} ${new URL(url).pathname}`,
      shown: { method, path: url.slice(api.url.length), ...describeBody(headers, body) },
      mayRepeat: method === 'GET' || method === 'HEAD',
      send,
      read(reply) {
        if (reply.status < 400) return { result: reply.response, shown: reply.body }
        refused = reply
        throw explainApiResponse(api, caller.flow, reply)
      },
    })
    return { response }
  } catch (failure) {
    if (refused && isAboutStatus(failure, api, refused)) return { response: refused.response, failure }
    throw failure
  }
}

/** The caller's headers with those of the agent. `Host` is the API's, so that no other site of the same server gets the token. */
function headersOf(own: Headers, given: Readonly<Record<string, string>>): Record<string, string> {
  const { accept = '*/*', ...further } = given
  const { host: _host, ...others } = Object.fromEntries(own)
  return { accept, ...others, ...further }
}

const isJson = (headers: Headers) =>
  /^application\/(?:[\w.+-]+\+)?json\b/i.test(headers.get('content-type') ?? '')

const shownJson = (document: Uint8Array) =>
  document.byteLength > maxShownBytes ? undefined : parseJson(Buffer.from(document).toString())

function describeBody(headers: Headers, body: Uint8Array | undefined): { readonly body?: unknown } {
  const shown = body && isJson(headers) ? redactBody(shownJson(body)) : undefined
  return shown === undefined ? {} : { body: shown }
}

/** Reads a JSON document, which the trace shows, up to a limit. All else is read by the caller of `fetch` alone. */
async function readReply(
  api: DownstreamApi,
  { status, statusText, headers: received, body: stream }: StreamedResponse,
  tokens: readonly string[],
  { abort, timeoutMs }: { readonly abort: LinkedAbort; readonly timeoutMs: number },
): Promise<FetchedReply> {
  const headers = new Headers([...received])
  if (holdsToken([...headers], tokens)) throw echoedTokenProblem(api, status)
  const isEventStream = /^text\/event-stream\b/i.test(headers.get('content-type') ?? '')
  const { maxResponseBytes: maxBytes = defaultMaxResponseBytes } = api
  const limits = { abort, maxBytes, pauseMs: isEventStream ? undefined : timeoutMs }
  const pieces = stream && checkBody(api, stream, tokens, limits)
  if (!pieces) abort[Symbol.dispose]()
  const document = pieces && isJson(headers) && (await within(timeoutMs, abort, () => buffer(pieces)))
  const content = document ? new Uint8Array(document) : pieces && ReadableStream.from(pieces)
  const made = { status, statusText, headers }
  return {
    status,
    challenge: headers.get('www-authenticate') ?? undefined,
    body: document ? shownJson(document) : undefined,
    response: new Response(withoutBody.includes(status) ? null : content, made),
  }
}

/** Whether a failure is what the status of this response means. */
function isAboutStatus(failure: unknown, { name }: DownstreamApi, { status }: FetchedReply): boolean {
  const upstream = isProblem(failure) ? failure.options.upstream : undefined
  return upstream?.service === name && upstream.status === status
}
