import { once } from 'node:events'
import { createServer } from 'node:net'

/** Below the range from which systems pick ports for outgoing connections, so that nobody takes it meanwhile. */
const range = { first: 20_000, count: 10_000 } as const
const shares = 4
const share = range.count / shares

/** Test workers run at the same time: each has ports of its own, and none comes again before all others came. */
const first = range.first + (Number(process.env['VITEST_POOL_ID'] ?? 0) % shares) * share
let latest = Math.floor(Math.random() * share)

/** A port that was free a moment ago; for what has to be known before its server listens. */
export async function findFreePort(): Promise<number> {
  for (;;) {
    latest = (latest + 1) % share
    const port = first + latest
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
