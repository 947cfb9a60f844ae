import type { FastifyReply } from 'fastify'

const noCaching = { 'cache-control': 'no-cache, no-store, must-revalidate', expires: '0', pragma: 'no-cache' }

const problemKinds = {
  400: { section: '15.5.1', title: 'Bad Request' },
  401: { section: '15.5.2', title: 'Unauthorized' },
  500: { section: '15.6.1', title: 'An error occurred while processing your request.' },
} as const

export function sendJson(reply: FastifyReply, value: unknown): void {
  const headers = { 'content-type': 'application/json; charset=utf-8', ...noCaching }
  send(reply, 200, headers, JSON.stringify(value))
}

export function sendText(reply: FastifyReply, text: string): void {
  send(reply, 200, { 'content-type': 'text/plain', ...noCaching }, text)
}

/** A problem document as ASP.NET Core writes it: four members, no trace id. */
export function sendProblem(reply: FastifyReply, status: keyof typeof problemKinds, detail: string): void {
  const { section, title } = problemKinds[status]
  const type = `https://tools.ietf.org/html/rfc9110#section-${section}`
  const body = JSON.stringify({ type, title, status, detail })
  send(reply, status, { 'content-type': 'application/problem+json' }, body)
}

/** Sends a body: chunked unless the headers have its length, as Kestrel does here. */
export function send(
  reply: FastifyReply,
  status: number,
  headers: Readonly<Record<string, string>>,
  body = '',
): void {
  reply.hijack()
  reply.raw.writeHead(status, headers)
  reply.raw.end(body)
}

/** Responds with a status and no body: for an unknown path, a missing token, or a request that `passesGuard` refuses. */
export function sendEmpty(reply: FastifyReply, status: number, headers: Record<string, string> = {}): void {
  send(reply, status, { 'content-length': '0', ...headers })
}

const invalidHostname =
  '<!DOCTYPE HTML PUBLIC "-//W3C//DTD HTML 4.01//EN""http://www.w3.org/TR/html4/strict.dtd">\r\n' +
  '<HTML><HEAD><TITLE>Bad Request</TITLE>\r\n' +
  '<META HTTP-EQUIV="Content-Type" CONTENT="text/html; charset=us-ascii"></ HEAD >\r\n' +
  '<BODY><h2>Bad Request - Invalid Hostname</h2>\r\n' +
  '<hr><p>HTTP Error 400. The request hostname is invalid.</p>\r\n</BODY></HTML>'

/** Responds as ASP.NET Core's host filter does if the `Host` header names no allowed host. */
export function sendInvalidHostname(reply: FastifyReply): void {
  const headers = { 'content-type': 'text/html', 'content-length': `${invalidHostname.length}` }
  send(reply, 400, headers, invalidHostname)
}
