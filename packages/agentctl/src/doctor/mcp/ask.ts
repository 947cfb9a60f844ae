import { parseJson } from '@entra-agents/service-kit'
import * as outbound from '@entra-agents/service-kit/send'
import { trouble } from '../problems.ts'

/** No document that a client reads here is larger, and no client waits much longer. */
const limits = { timeoutMs: 4_000, maxBytes: 64 * 1024 }

/** Sends what a client would send. Redirects are not followed; of a response that hangs or is too large, only the status is known. */
export async function ask(
  send: outbound.Send,
  request: Omit<outbound.OutboundRequest, keyof typeof limits>,
): Promise<outbound.OutboundResponse> {
  try {
    return await send({ ...limits, ...request })
  } catch (error) {
    if (!outbound.isSendError(error)) throw error
    const { kind, status, message } = error
    if (status !== undefined && kind !== 'proxy') return { status, headers: {}, text: message }
    throw trouble('MCP_NO_ANSWER', `${addressOf(request.url)}: ${message}`)
  }
}

/** The JSON at the first of these addresses that has any. @throws {ProblemError} of this code, with what is there in its place */
export async function askForJson(
  send: outbound.Send,
  code: 'MCP_METADATA' | 'MCP_AUTHORITY',
  urls: readonly string[],
): Promise<Readonly<Record<string, unknown>>> {
  const faults: string[] = []
  for (const url of urls) {
    const response = await ask(send, { url, headers: { accept: 'application/json' } })
    const found = response.status === 200 ? parseJson(response.text) : undefined
    if (found !== undefined) return Object(found)
    faults.push(`At ${quote(addressOf(url))} there is no JSON, but ${describeResponse(response)}.`)
  }
  throw trouble(code, faults.join(' '))
}

export function describeResponse({ status, headers, text }: outbound.OutboundResponse): string {
  const location = URL.parse(String(headers['location']))
  if (location) return `${status}, a redirect to ${quote(addressOf(location.href))}`
  const isPage = /html/i.test(String(headers['content-type']))
  return `${status}${isPage ? ' and a web page' : text && ` and ${quote(text)}`}`
}

/** An address without its query, which may have a key. */
export function addressOf(url: string): string {
  const { origin, pathname } = new URL(url)
  return `${origin}${pathname}`
}

/** The beginning of a foreign text. The report escapes what nobody would see in it. */
export function quote(text: string): string {
  return `“${text.length > 200 ? `${text.slice(0, 200)}…` : text}”`
}
