import { once } from 'node:events'
import { createServer } from 'node:net'

/** Below the range from which systems pick ports for outgoing connections, so that nobody takes it meanwhile. */
const range = { first: 20_000, last: 29_999 } as const

/** A port that was free a moment ago; for what has to be known before its server listens. */
export async function findFreePort(): Promise<number> {
  for (;;) {
    const port = range.first + Math.floor(Math.random() * (range.last - range.first))
    const server = createServer().listen({ port, host: '::' })
    const isFree = await Promise.race([
      once(server, 'listening').then(() => true),
      once(server, 'error').then(() => false),
    ])
    if (!isFree) continue
    server.close()
    await once(server, 'close')
    return port
  }
}
