/**
 * CPU time of the weather API for a request with a new valid token, against that of a minimal server that verifies tokens with
 * `node:http` and `crypto.verify`. The API does not cache decisions, so every request needs a verification. Two more rows show
 * what the remaining time is spent on: the RS256 limit of one core, and the API with verification switched off. Every server
 * is warmed up until its code is compiled; then the servers are measured in turn.
 */
import { verify } from 'node:crypto'
import { resolve } from 'node:path'
import { autonomousClaims } from '@entra-agents/tokens/testing/agent-claims'
import { createIssuer } from '@entra-agents/tokens/testing/token-issuer'
import autocannon from 'autocannon'
import { identities } from '../../tests/support/identities.ts'
import { median } from '../../tests/support/median.ts'
import { findFreePort } from '../../tests/support/ports.ts'
import { MeasuredProcess } from '../support/process.ts'
import { printTable } from '../support/table.ts'

const tokenCount = 4_096
const rounds = 15
const warmUpSeconds = 12
const roundSeconds = 1
const connections = 64

const issuer = await createIssuer()
const tokens = Array.from({ length: tokenCount }, () =>
  issuer.sign(autonomousClaims({ authority: issuer.url })),
)
const folder = import.meta.dirname
const mainOf = (checkout: string) => resolve(checkout, 'services/weather-api/src/main.ts')
const weatherApi = mainOf(resolve(folder, '../..'))
const { BEFORE } = process.env
const weatherApiEnv = {
  HOST: '127.0.0.1',
  TENANT_ID: identities.tenantId,
  WEATHER_API_APP_ID: identities.weatherAppId,
  AGENT_CLIENT_ID: identities.agentId,
  ENTRA_AUTHORITY: issuer.url,
  WEATHER_PROVIDER: 'climate-normals',
}
const publicKey = issuer.key.publicKey.export({ type: 'spki', format: 'pem' }).toString()

interface Measurement {
  readonly perSecond: number
  readonly cpuUs: number
  readonly failed: number
}

class Server {
  readonly #process: MeasuredProcess
  readonly #port: number

  private constructor(process: MeasuredProcess, port: number) {
    this.#process = process
    this.#port = port
  }

  /** Starts a server and warms it up. */
  static async start(main: string, env: Record<string, string>): Promise<Server> {
    const port = await findFreePort()
    const health = `http://127.0.0.1:${port}/readyz`
    const server = new Server(await MeasuredProcess.start(main, { ...env, PORT: String(port) }, health), port)
    await generateLoad(port, warmUpSeconds)
    return server
  }

  async measure(): Promise<Measurement> {
    const cpuBeforeMs = this.#process.cpuMs
    const { requests, duration, non2xx, errors } = await generateLoad(this.#port, roundSeconds)
    return {
      perSecond: requests.total / duration,
      cpuUs: ((this.#process.cpuMs - cpuBeforeMs) * 1_000) / requests.total,
      failed: non2xx + errors,
    }
  }

  stop(): Promise<void> {
    return this.#process.stop()
  }
}

/** Sends requests as fast as the service responds. Each connection has a share of the tokens and uses them in turn. */
function generateLoad(port: number, duration: number): Promise<autocannon.Result> {
  let dealt = 0
  return autocannon({
    url: `http://127.0.0.1:${port}`,
    connections,
    duration,
    setupClient: client => {
      const own = tokens.slice(dealt, dealt + tokenCount / connections)
      dealt += own.length
      client.setRequests(
        own.map(token => ({ path: '/weather?city=Dallas', headers: { authorization: `Bearer ${token}` } })),
      )
    },
  })
}

function measureBareVerify(): Measurement {
  const inputs = tokens.map(token => {
    const end = token.lastIndexOf('.')
    return [Buffer.from(token.slice(0, end)), Buffer.from(token.slice(end + 1), 'base64url')] as const
  })
  const cpuBefore = process.cpuUsage()
  const started = performance.now()
  let count = 0
  let failed = 0
  while (performance.now() - started < roundSeconds * 1_000) {
    for (const [input, signature] of inputs) {
      if (!verify('RSA-SHA256', input, issuer.key.publicKey, signature)) failed += 1
    }
    count += inputs.length
  }
  const durationMs = performance.now() - started
  const cpu = process.cpuUsage(cpuBefore)
  return { perSecond: (count * 1_000) / durationMs, cpuUs: (cpu.user + cpu.system) / count, failed }
}

const servers = {
  'weather-api': await Server.start(weatherApi, weatherApiEnv),
  'node:http and crypto.verify, nothing else': await Server.start(resolve(folder, 'bare-verify-server.ts'), {
    PUBLIC_KEY: publicKey,
  }),
  'weather-api, signatures not verified': await Server.start(weatherApi, {
    ...weatherApiEnv,
    VALIDATE_TOKEN_SIGNATURE: 'false',
  }),
  ...(BEFORE ? { 'weather-api, before': await Server.start(mainOf(BEFORE), weatherApiEnv) } : {}),
}
const results: Record<string, Measurement[]> = { 'crypto.verify alone, one core': [] }
try {
  for (let round = 0; round < rounds; round += 1) {
    results['crypto.verify alone, one core']?.push(measureBareVerify())
    for (const [name, server] of Object.entries(servers)) {
      results[name] ??= []
      results[name].push(await server.measure())
    }
  }
} finally {
  await Promise.all(Object.values(servers).map(server => server.stop()))
  await issuer.close()
}

const rows = Object.entries(results).map(([name, measurements]) => ({
  name,
  perSecond: median(measurements.map(({ perSecond }) => perSecond)),
  cpuUs: median(measurements.map(({ cpuUs }) => cpuUs)),
  failed: measurements.reduce((sum, { failed }) => sum + failed, 0),
}))
const bareServerUs = rows[2]?.cpuUs ?? Number.NaN
printTable([
  ['', 'requests per second', 'CPU µs per request', 'of the bare server', 'failed'],
  ...rows.map(({ name, perSecond, cpuUs, failed }) => [
    name,
    Math.round(perSecond),
    cpuUs.toFixed(1),
    `${(cpuUs / bareServerUs).toFixed(2)} ×`,
    failed,
  ]),
])
