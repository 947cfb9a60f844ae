/**
 * Requests per second of the weather API with distinct valid tokens, over HTTP, beside the bare RS256 verify limit of the
 * same machine: `crypto.verify` of the same tokens in a tight loop on one core. The API keeps no cache of decisions, so
 * every request costs it a verification. The third figure, the API with verification switched off, is what HTTP, claims,
 * audit log and answer cost without it.
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
const roundMs = 3_000
const connections = 64

const issuer = await createIssuer()
const tokens = Array.from({ length: tokenCount }, () =>
  issuer.sign(autonomousClaims({ authority: issuer.url })),
)
const main = resolve(import.meta.dirname, '../../services/weather-api/src/main.ts')

interface Measurement {
  readonly perSecond: number
  readonly cpuUs: number
  readonly failed: number
}

async function measureService(validateSignature: boolean): Promise<Measurement> {
  const port = await findFreePort()
  const service = await MeasuredProcess.start(
    main,
    {
      PORT: String(port),
      HOST: '127.0.0.1',
      TENANT_ID: identities.tenantId,
      WEATHER_API_APP_ID: identities.weatherAppId,
      AGENT_CLIENT_ID: identities.agentId,
      ENTRA_AUTHORITY: issuer.url,
      WEATHER_PROVIDER: 'climate-normals',
      VALIDATE_TOKEN_SIGNATURE: String(validateSignature),
    },
    `http://127.0.0.1:${port}/readyz`,
  )
  try {
    await generateLoad({ connections, port, tokens, durationMs: 2_000 })
    const cpuBeforeMs = service.cpuMs
    const { answers, failed, durationMs } = await generateLoad({
      connections,
      port,
      tokens,
      durationMs: roundMs,
    })
    return {
      perSecond: (answers * 1_000) / durationMs,
      cpuUs: ((service.cpuMs - cpuBeforeMs) * 1_000) / answers,
      failed,
    }
  } finally {
    await service.stop()
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

const measurements: Record<'bare' | 'service' | 'unverified', Measurement[]> = {
  bare: [],
  service: [],
  unverified: [],
}
try {
  measureBareVerify()
  for (let round = 0; round < rounds; round += 1) {
    measurements.bare.push(measureBareVerify())
    measurements.service.push(await measureService(true))
    measurements.unverified.push(await measureService(false))
  }
} finally {
  await issuer.close()
}

const limit = median(measurements.bare.map(({ perSecond }) => perSecond))
printTable([
  ['', 'per second', 'CPU µs each', 'failed', 'of the verify limit'],
  row('crypto.verify, RS256, one core', measurements.bare),
  row('weather-api, distinct valid tokens', measurements.service),
  row('weather-api, signatures not verified', measurements.unverified),
])

function row(name: string, results: readonly Measurement[]): (string | number)[] {
  const perSecond = median(results.map(result => result.perSecond))
  return [
    name,
    Math.round(perSecond),
    median(results.map(result => result.cpuUs)).toFixed(1),
    results.reduce((sum, { failed }) => sum + failed, 0),
    `${Math.round((perSecond / limit) * 100)} %`,
  ]
}
