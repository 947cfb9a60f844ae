import type { FastifyReply } from 'fastify'

const noCaching = {
  'cache-control': 'no-cache, no-store, must-revalidate',
  expires: '0',
  pragma: 'no-cache',
}

const jsonHeaders = { 'content-type': 'application/json; charset=utf-8', ...noCaching }
const textHeaders = { 'content-type': 'text/plain', ...noCaching }
const problemHeaders = { 'content-type': 'application/problem+json' }

const problemKinds = {
  400: { section: '15.5.1', title: 'Bad Request' },
  401: { section: '15.5.2', title: 'Unauthorized' },
  500: { section: '15.6.1', title: 'An error occurred while processing your request.' },
} as const

/** 200 with a value as JSON. */
export function sendJson(reply: FastifyReply, value: unknown): void {
  sendChunked(reply, 200, jsonHeaders, JSON.stringify(value))
}

/** 200 with plain text. */
export function sendText(reply: FastifyReply, text: string): void {
  sendChunked(reply, 200, textHeaders, text)
}

/** A problem document as ASP.NET Core writes it: four members, no trace id. */
export function sendProblem(reply: FastifyReply, status: keyof typeof problemKinds, detail: string): void {
  const { section, title } = problemKinds[status]
  const type = `https://tools.ietf.org/html/rfc9110#section-${section}`
  sendChunked(reply, status, problemHeaders, JSON.stringify({ type, title, status, detail }))
}

/** Bodies go out chunked, without a length, as Kestrel sends what it has not measured. */
export function sendChunked(
  reply: FastifyReply,
  status: number,
  headers: Readonly<Record<string, string>>,
  body: string,
): void {
  reply.hijack()
  reply.raw.writeHead(status, headers)
  reply.raw.end(body)
}

/** What routing, authentication and the guards answer: a status and nothing else. */
export function sendEmpty(reply: FastifyReply, status: number, headers: Record<string, string> = {}): void {
  reply.hijack()
  reply.raw.writeHead(status, { 'content-length': '0', ...headers })
  reply.raw.end()
}
