/**
 * Requests per second of the weather API with distinct valid tokens, over HTTP, beside the bare RS256 verify limit of the
 * same machine: `crypto.verify` of the same tokens in a tight loop on one core. The API keeps no cache of decisions, so
 * every request costs it a verification. Two more rows tell where the rest goes: the least that an HTTP server can do
 * that verifies tokens, and the API with verification switched off.
 */
import { verify } from 'node:crypto'
import { once } from 'node:events'
import { resolve } from 'node:path'
import { Worker } from 'node:worker_threads'
import { autonomousClaims } from '../../tests/support/agent-tokens.ts'
import { identities } from '../../tests/support/identities.ts'
import { createIssuer } from '../../tests/support/token-issuer.ts'
import { findFreePort, MeasuredProcess } from '../support/process.ts'
import { median, printTable } from '../support/table.ts'
import type { LoadOrder, LoadResult } from './load-generator.ts'

const tokenCount = 4_000
const rounds = 3
const warmUpMs = 2_000
const roundMs = 3_000
const connections = 64

const issuer = await createIssuer()
const tokens = Array.from({ length: tokenCount }, () =>
  issuer.sign(autonomousClaims({ authority: issuer.url })),
)
const folder = import.meta.dirname
const weatherApi = resolve(folder, '../../services/weather-api/src/main.ts')
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

async function measureServer(main: string, env: Record<string, string>): Promise<Measurement> {
  const port = await findFreePort()
  const server = await MeasuredProcess.start(
    main,
    { ...env, PORT: String(port) },
    `http://127.0.0.1:${port}/readyz`,
  )
  try {
    await generateLoad({ connections, port, tokens, durationMs: warmUpMs })
    const cpuBeforeMs = server.cpuMs
    const { answers, failed, durationMs } = await generateLoad({
      connections,
      port,
      tokens,
      durationMs: roundMs,
    })
    return {
      perSecond: (answers * 1_000) / durationMs,
      cpuUs: ((server.cpuMs - cpuBeforeMs) * 1_000) / answers,
      failed,
    }
  } finally {
    await server.stop()
  }
}

async function generateLoad(order: LoadOrder): Promise<LoadResult> {
  const worker = new Worker(new URL('load-generator.ts', import.meta.url), { workerData: order })
  const [result] = await once(worker, 'message')
  return result
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
  while (performance.now() - started < roundMs) {
    for (const [input, signature] of inputs) {
      if (!verify('RSA-SHA256', input, issuer.key.publicKey, signature)) failed += 1
    }
    count += inputs.length
  }
  const durationMs = performance.now() - started
  const cpu = process.cpuUsage(cpuBefore)
  return { perSecond: (count * 1_000) / durationMs, cpuUs: (cpu.user + cpu.system) / count, failed }
}

const candidates: Readonly<Record<string, () => Measurement | Promise<Measurement>>> = {
  'crypto.verify, RS256, one core': measureBareVerify,
  'weather-api, distinct valid tokens': () => measureServer(weatherApi, weatherApiEnv),
  'node:http and crypto.verify, nothing else': () =>
    measureServer(resolve(folder, 'bare-verify-server.ts'), { PUBLIC_KEY: publicKey }),
  'weather-api, signatures not verified': () =>
    measureServer(weatherApi, { ...weatherApiEnv, VALIDATE_TOKEN_SIGNATURE: 'false' }),
}

const results = new Map<string, Measurement[]>(Object.keys(candidates).map(name => [name, []]))
try {
  measureBareVerify()
  for (let round = 0; round < rounds; round += 1) {
    for (const [name, measure] of Object.entries(candidates)) results.get(name)?.push(await measure())
  }
} finally {
  await issuer.close()
}

const rows = [...results].map(([name, measurements]) => ({
  name,
  perSecond: median(measurements.map(({ perSecond }) => perSecond)),
  cpuUs: median(measurements.map(({ cpuUs }) => cpuUs)),
  failed: measurements.reduce((sum, { failed }) => sum + failed, 0),
}))
const limit = rows[0]?.perSecond ?? Number.NaN
printTable([
  ['', 'per second', 'CPU µs each', 'failed', 'of the verify limit'],
  ...rows.map(({ name, perSecond, cpuUs, failed }) => [
    name,
    Math.round(perSecond),
    cpuUs.toFixed(1),
    failed,
    `${Math.round((perSecond / limit) * 100)} %`,
  ]),
])
