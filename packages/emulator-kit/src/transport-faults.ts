import { setTimeout as wait } from 'node:timers/promises'
import type { FastifyReply } from 'fastify'
import { type Static, Type } from 'typebox'

const strict = { additionalProperties: false } as const

/** Faults of the way to a service, which every emulator has. */
export const TransportFault = Type.Union([
  Type.Object({ kind: Type.Literal('hang', { description: 'No response, ever.' }) }, strict),
  Type.Object({ kind: Type.Literal('reset', { description: 'The connection is reset.' }) }, strict),
  Type.Object(
    {
      kind: Type.Literal('html', { description: 'An HTML error page, as of a proxy on the way.' }),
      status: Type.Optional(Type.Integer({ minimum: 400, maximum: 599, description: '502 by default.' })),
    },
    strict,
  ),
  Type.Object(
    {
      kind: Type.Literal('delay', { description: 'The usual response, later.' }),
      delayMs: Type.Integer({ minimum: 1, maximum: 120_000 }),
    },
    strict,
  ),
])
export type TransportFault = Static<typeof TransportFault>

const kinds: ReadonlySet<unknown> = new Set<TransportFault['kind']>(['hang', 'reset', 'html', 'delay'])

/** Tells the kit's own faults from an emulator's. */
export function isTransportFault(fault: unknown): fault is TransportFault {
  return typeof fault === 'object' && fault !== null && 'kind' in fault && kinds.has(fault.kind)
}

/** Strikes a request; `stopped` ends what would hang or wait. */
export async function strikeTransport(
  reply: FastifyReply,
  fault: TransportFault,
  stopped: AbortSignal,
): Promise<void> {
  const { socket } = reply.request.raw
  switch (fault.kind) {
    case 'hang':
      reply.hijack()
      stopped.addEventListener('abort', () => socket.destroy(), { once: true })
      return
    case 'reset':
      reply.hijack()
      // Below TLS it is Node that has the connection.
      if ('encrypted' in socket) socket.destroy()
      else socket.resetAndDestroy()
      return
    case 'html':
      reply.hijack()
      reply.raw.writeHead(fault.status ?? 502, { 'content-type': 'text/html' })
      reply.raw.end('<html><body>Bad gateway</body></html>')
      return
    case 'delay':
      await wait(fault.delayMs, undefined, { signal: stopped }).catch(() => {})
  }
}
