import { once } from 'node:events'
import { createServer } from 'node:net'

/** These ports lie below the range of ephemeral ports, so that no outgoing connection takes one of them. */
const range = { first: 20_000, count: 10_000 } as const
const workers = 4
const portsPerWorker = range.count / workers

/** Each of up to four test workers has ports of its own, and uses all of these before it reuses one. */
const firstPort = range.first + (Number(process.env['VITEST_POOL_ID'] ?? 0) % workers) * portsPerWorker
let latestOffset = Math.floor(Math.random() * portsPerWorker)

const demoVariables = [
  'PORT',
  'SIDECAR_PORT',
  'WEATHER_API_PORT',
  'ENTRA_PORT',
  'BEDROCK_PORT',
  'NOTES_PORT',
  'METRICS_PORT',
]

/** A free port for each variable that names a port of the demo. */
export async function findDemoPorts(): Promise<Record<string, number>> {
  return Object.fromEntries(
    await Promise.all(demoVariables.map(async name => [name, await findFreePort()] as const)),
  )
}

/** A port that was free a moment ago, for servers whose URL must be known before they listen. */
export async function findFreePort(): Promise<number> {
  for (;;) {
    latestOffset = (latestOffset + 1) % portsPerWorker
    const port = firstPort + latestOffset
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
