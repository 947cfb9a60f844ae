/**
 * Memory of one agent with 1,000 open answers of Bedrock, beside LangChain's `createAgent` with a static key. Both run as images, a new
 * process for each figure, and call Bedrock by HTTP and by TLS.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { keepCertificate, trust } from '../../scripts/demo/certificate.ts'
import { findFreePort } from '../../tests/support/ports.ts'
import { type OpenTurn, openTurn } from '../support/chat-client.ts'
import { bundleAsImage, imageSettings } from '../support/image.ts'
import { whats } from '../support/pages.ts'
import { liveHeapOptions } from '../support/process.ts'
import { report } from '../support/report.ts'
import { rowOf } from '../support/row.ts'
import { BenchStack, settingsForModel } from '../support/stack.ts'

const rounds = 3
const warmUps = 300
const streamCount = 1_000
const streamsOpenedAtOnce = 20
const holdMs = 2_000
const support = (file: string) => resolve(import.meta.dirname, '../support', file)

const folder = mkdtempSync(join(tmpdir(), 'open-streams-'))
const heapFile = join(folder, 'heap')
const { file: keyFile, certificate } = keepCertificate('bench.pem')
const authorityFile = join(folder, 'authority.pem')
writeFileSync(authorityFile, certificate)
trust(authorityFile)
await using stack = await BenchStack.start()
const peerName = '`createAgent` with a static key, image'
const candidates = [
  {
    name: 'agent',
    path: '/api/chat',
    ...(await bundleAsImage('services/agent/src/main.ts', folder, imageSettings.agent)),
  },
  {
    name: peerName,
    path: '/',
    ...(await bundleAsImage('bench/support/langchain-agent.ts', folder, imageSettings.agent)),
  },
]
const transports = [
  { name: 'HTTP', ...(await startModel({})) },
  { name: 'TLS', ...(await startModel({ CERTIFICATE: keyFile })) },
]
const figures = new Map<string, { memoryMiB: number[]; heapMiB: number[] }>()
for (let round = 0; round < rounds; round++)
  for (const transport of transports)
    for (const candidate of round % 2 === 0 ? candidates : candidates.toReversed()) {
      const key = `${candidate.name} ${transport.name}`
      const { memoryMiB, heapMiB } = await measure(candidate, transport)
      const all = figures.get(key) ?? { memoryMiB: [], heapMiB: [] }
      figures.set(key, { memoryMiB: [...all.memoryMiB, memoryMiB], heapMiB: [...all.heapMiB, heapMiB] })
    }
rmSync(folder, { recursive: true })

const of = (name: string, transport: string) =>
  figures.get(`${name} ${transport}`) ?? { memoryMiB: [], heapMiB: [] }
const memoryOf = (what: string, transport: string) =>
  rowOf(
    { what, peer: peerName, unit: 'MiB' },
    of('agent', transport).memoryMiB,
    of(peerName, transport).memoryMiB,
  )
report('open-streams', [
  memoryOf('memory with 1,000 open answers, image, Bedrock by HTTP', 'HTTP'),
  memoryOf(whats.openMemory, 'TLS'),
  rowOf(
    { what: 'live heap with 1,000 open answers, image', peer: peerName, unit: 'MiB' },
    of('agent', 'HTTP').heapMiB,
    of(peerName, 'HTTP').heapMiB,
  ),
])

async function startModel(env: Record<string, string>) {
  const port = await findFreePort()
  const url = `http${env['CERTIFICATE'] ? 's' : ''}://localhost:${port}`
  await stack.startProcess(support('model-server.ts'), { ...env, PORT: String(port) }, url)
  return { url }
}

async function measure(
  { name, path, main, env }: (typeof candidates)[number],
  { url: modelUrl }: (typeof transports)[number],
) {
  const { url, server } = await stack.startServer(name, main, path, {
    ...settingsForModel(modelUrl),
    ...env,
    ...liveHeapOptions(env['NODE_OPTIONS'] ?? '', heapFile),
    NODE_EXTRA_CA_CERTS: authorityFile,
    MCP_CONFIG: '',
  })
  for (let turn = 0; turn < warmUps; turn++) await openTurn(url, 'Hello').end
  const open: OpenTurn[] = []
  while (open.length < streamCount) {
    const some = Array.from({ length: streamsOpenedAtOnce }, () => openTurn(url, 'hold the line'))
    await Promise.all(some.map(({ firstToken }) => firstToken))
    open.push(...some)
  }
  await delay(holdMs)
  const memoryMiB = server.residentMiB
  const heapMiB = await server.liveHeapMiB(heapFile)
  await fetch(`${modelUrl}/release`, { method: 'POST' })
  const ends = await Promise.all(open.map(({ end }) => end))
  if (ends.some(({ ok }) => !ok)) throw new Error('An open answer failed.')
  await server.stop()
  return { memoryMiB, heapMiB }
}
