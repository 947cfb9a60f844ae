import type { ProblemError } from '@entra-agents/service-kit'
import type { OutboundResponse, Send } from '@entra-agents/service-kit/send'
import { trouble } from '../problems.ts'
import { ask, describeResponse } from './ask.ts'

const clientInfo = { name: 'agentctl-doctor', version: '1' }
const params = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo }
const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'initialize', params })

/** The refusal of a request without a token: the text of `WWW-Authenticate`. */
export async function readChallenge(send: Send, url: string): Promise<string> {
  const response = await begin(send, url, 'a request without a token')
  const { status, headers } = response
  if (status === 401) return String(headers['www-authenticate'] ?? '')
  const says = `Without a token it does not respond 401, but ${describeResponse(response)}.`
  throw trouble(status === 403 || (status > 299 && status < 400) ? 'MCP_CHALLENGE' : 'MCP_NO_ANSWER', says)
}

export function judgeChallenge(challenge: string): string | ProblemError {
  if (!/\bbearer\b/i.test(challenge)) return trouble('MCP_CHALLENGE', 'Its 401 asks for no Bearer token.')
  return readParameter(challenge, 'resource_metadata') === undefined
    ? trouble('MCP_CHALLENGE', 'Its 401 names no metadata, and not every client looks for them.')
    : 'It refuses a request without a token, and names its metadata.'
}

/** Whether the server looks at signatures: nobody has signed this token. */
export async function tryUnsignedToken(send: Send, url: string): Promise<string> {
  const parts = [{ alg: 'none', typ: 'JWT' }, { exp: Math.floor(Date.now() / 1_000) + 600 }]
  const token = parts.map(part => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.')
  await begin(send, url, 'a token that nobody has signed', { authorization: `Bearer ${token}.` })
  return 'It refuses a token that nobody has signed.'
}

/** Begins as a client does. @throws {ProblemError} MCP_OPEN if the server goes along */
async function begin(send: Send, url: string, what: string, more: object = {}): Promise<OutboundResponse> {
  const accept = 'application/json, text/event-stream'
  const headers = { 'content-type': 'application/json', accept, ...more }
  const response = await ask(send, { url, method: 'POST', headers, body })
  if (response.status > 299) return response
  throw trouble('MCP_OPEN', `It responds ${response.status} to ${what}.`)
}

export function readParameter(challenge: string, name: string): string | undefined {
  const pattern = new RegExp(`[\\s,]${name}=(?:"([^"]*)"|([^\\s",]+))`, 'i')
  const [, quoted, plain] = pattern.exec(challenge) ?? []
  return quoted ?? plain
}
