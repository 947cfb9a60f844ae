import { setTimeout as wait } from 'node:timers/promises'
import type { FastifyReply } from 'fastify'
import { Type } from 'typebox'
import { type FaultKinds, faultKind } from './fault-kinds.ts'

/** Carries out a fault on a request; `stopped` ends a fault that hangs or waits. */
export type TransportFault = (reply: FastifyReply, stopped: AbortSignal) => Promise<void> | void

/** Faults of the connection, which every emulator has. */
export const transportFaults = {
  hang: faultKind(
    'No response, ever.',
    {},
    (): TransportFault => (reply, stopped) => {
      reply.hijack()
      if (stopped.aborted) reply.raw.destroy()
      else stopped.addEventListener('abort', () => reply.raw.destroy(), { once: true })
    },
  ),
  reset: faultKind(
    'The connection is reset.',
    {},
    (): TransportFault => reply => {
      const { socket } = reply.request.raw
      reply.hijack()
      // Under TLS, Node offers no reset of the TCP connection; a request from within this process has none.
      if ('encrypted' in socket || !('resetAndDestroy' in socket)) reply.raw.destroy()
      else socket.resetAndDestroy()
    },
  ),
  html: faultKind(
    'An HTML error page, as proxies send it.',
    { status: Type.Optional(Type.Integer({ minimum: 400, maximum: 599, description: '502 by default.' })) },
    ({ status = 502 }): TransportFault =>
      reply => {
        reply.hijack()
        reply.raw.writeHead(status, { 'content-type': 'text/html' })
        reply.raw.end('<html><body>Bad gateway</body></html>')
      },
  ),
  delay: faultKind(
    'The usual response, later.',
    { delayMs: Type.Integer({ minimum: 1, maximum: 120_000 }) },
    ({ delayMs }): TransportFault =>
      (_reply, stopped) =>
        wait(delayMs, undefined, { signal: stopped }).catch(() => {}),
  ),
} satisfies FaultKinds<TransportFault>
