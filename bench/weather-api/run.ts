/**
 * CPU of the weather API for a request with a new valid token, beside a minimal server that verifies tokens with `node:http` and
 * `crypto.verify`. The API does not cache decisions, so every request needs a verification. `BEFORE=<another checkout>` measures that
 * checkout's API as well.
 */
import { resolve } from 'node:path'
import { autonomousClaims } from '@entra-agents/tokens/testing/agent-claims'
import { createIssuer } from '@entra-agents/tokens/testing/token-issuer'
import autocannon from 'autocannon'
import { identities } from '../../tests/support/identities.ts'
import { findFreePort } from '../../tests/support/ports.ts'
import { compare, type Peer, rowsOfCpu } from '../support/compare.ts'
import { MeasuredProcess } from '../support/process.ts'
import { report } from '../support/report.ts'

const tokenCount = 4_096
const rounds = 15
const warmUpRounds = 12
const roundSeconds = 1
const connections = 64

const issuer = await createIssuer()
const tokens = Array.from({ length: tokenCount }, () =>
  issuer.sign(autonomousClaims({ authority: issuer.url })),
)
const mainOf = (checkout: string) => resolve(checkout, 'services/weather-api/src/main.ts')
const { BEFORE } = process.env
const apiEnv = {
  HOST: '127.0.0.1',
  TENANT_ID: identities.tenantId,
  WEATHER_API_APP_ID: identities.weatherAppId,
  AGENT_CLIENT_ID: identities.agentId,
  ENTRA_AUTHORITY: issuer.url,
  WEATHER_PROVIDER: 'climate-normals',
}
const PUBLIC_KEY = issuer.key.publicKey.export({ type: 'spki', format: 'pem' }).toString()

/** Sends requests as fast as the service responds. Each connection has a share of the tokens and uses them in turn. */
async function generateLoad(port: number): Promise<number> {
  let dealt = 0
  const { requests, non2xx, errors } = await autocannon({
    url: `http://127.0.0.1:${port}`,
    connections,
    duration: roundSeconds,
    setupClient: client => {
      const own = tokens.slice(dealt, dealt + tokenCount / connections)
      dealt += own.length
      client.setRequests(
        own.map(token => ({ path: '/weather?city=Dallas', headers: { authorization: `Bearer ${token}` } })),
      )
    },
  })
  if (non2xx + errors > 0) throw new Error(`${non2xx + errors} requests failed.`)
  return requests.total
}

async function start(name: string, main: string, env: Record<string, string>): Promise<Peer> {
  const port = await findFreePort()
  const health = `http://127.0.0.1:${port}/readyz`
  const server = await MeasuredProcess.start(main, { ...env, PORT: String(port) }, health)
  return { name, server, load: () => generateLoad(port) }
}

const bare = resolve(import.meta.dirname, 'bare-verify-server.ts')
const peers = [
  await start('weather-api', mainOf(resolve(import.meta.dirname, '../..')), apiEnv),
  await start('`node:http` and `crypto.verify`, nothing else', bare, { PUBLIC_KEY }),
  ...(BEFORE ? [await start('before', mainOf(BEFORE), apiEnv)] : []),
]
try {
  await compare(peers, warmUpRounds)
  report('weather-api', rowsOfCpu('CPU of a request at the weather API', await compare(peers, rounds), 'µs'))
} finally {
  await Promise.all(peers.map(({ server }) => server.stop()))
  await issuer.close()
}
