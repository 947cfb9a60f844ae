import { randomBytes } from 'node:crypto'
import type { AskedCall, ToolUse } from '@entra-agents/trace'
import { describe, expect, it } from 'vitest'
import { forFile } from '../support/for-file.ts'
import { postJson } from '../support/post-json.ts'
import type { Values } from '../support/values.ts'
import { Demo } from './support/demo.ts'
import { EntraControls } from './support/entra.ts'
import { statusOf } from './support/kubernetes.ts'
import { NodeVolume } from './support/node-volume.ts'
import { forward } from './support/port-forward.ts'

interface ChatBody {
  readonly status?: 'paused' | number
  readonly code?: string
  readonly answer?: string
  readonly continuation?: string
  readonly calls?: readonly AskedCall[]
  readonly tools?: readonly ToolUse[]
}

const demo = await forFile(Demo.create('approvals'))
await demo.installEmulators()
const volume = await forFile(NodeVolume.create(demo.namespace))

const newKey = (kid: string) => `${kid} ${randomBytes(32).toString('base64')}`
const firstKey = newKey('one')

const installAgent = (agent: Values = {}) =>
  demo.installAgent({
    agent: { replicas: 2, env: { RATE_LIMIT_PER_MINUTE: '1000000' }, ...agent },
    approval: { existingSecret: 'keys-of-turns' },
    weatherApi: { alerts: { enabled: true, volume: { existingClaim: volume.claimName } } },
  })

await demo.namespace.createSecret('keys-of-turns', { 'seal-keys': firstKey })
await installAgent()
const userToken = await (await EntraControls.of(demo)).signIn()

const untilDate = new Date(Date.now() + 30 * 24 * 3_600_000).toISOString().slice(0, 10)
let celsius = 0

async function post(url: string, path: string, body: object): Promise<ChatBody> {
  const asked = { mode: 'direct', flow: 'obo', ...body }
  const response = await postJson(`${url}${path}`, asked, { token: userToken })
  return (await response.json()) as ChatBody
}

const askForAlert = (url: string) => {
  celsius -= 1
  return post(url, '/api/chat', { message: `Warn me when Oslo falls below ${celsius} °C until ${untilDate}` })
}

function approve(url: string, { continuation, calls = [] }: ChatBody): Promise<ChatBody> {
  const decisions = calls.map(({ callId, digest }) => ({ callId, digest, decision: 'approve' }))
  return post(url, '/api/chat/continue', { continuation, decisions })
}

/** The temperatures of Ada's alerts, as one pod of the agent returns them. */
async function alertTemperatures(url: string): Promise<readonly number[]> {
  const { answer, code } = await post(url, '/api/chat', { message: 'my alerts' })
  if (answer === undefined) throw new Error(`The alerts were not told: ${code}`)
  return [...answer.matchAll(/below −(\d+) °C/g)].map(([, degrees]) => -Number(degrees))
}

/** Runs `use` with the URLs of port-forwards, one to each pod of the agent. */
async function withPods<Result>(use: (urls: readonly string[]) => Promise<Result>): Promise<Result> {
  const pods = await demo.namespace.pods('agent')
  await using stack = new AsyncDisposableStack()
  const urls = []
  for (const { metadata } of pods) {
    const { port } = stack.use(await forward(demo.namespace, { target: `pod/${metadata.name}`, port: 3001 }))
    urls.push(`http://localhost:${port}`)
  }
  return await use(urls)
}

describe('A call that waits for its user', { timeout: 240_000 }, () => {
  it('goes on at another pod, and runs once when two pods get the approval at the same time', async () => {
    await withPods(async ([one = '', other = '']) => {
      const first = await askForAlert(one)
      expect(first).toMatchObject({ status: 'paused', calls: [{ tool: 'create_alert' }] })
      expect(await approve(other, first)).toMatchObject({ tools: [{ name: 'create_alert', status: 'ok' }] })
      const second = await askForAlert(one)
      const both = await Promise.all([approve(one, second), approve(other, second)])
      expect(both.map(({ answer }) => answer)).toEqual([both[0]?.answer, both[0]?.answer])
      expect(await alertTemperatures(one)).toEqual([celsius + 1, celsius])
    })
  })

  it('goes on after its key has become the second one of the Secret, and an upgrade has replaced every pod', async () => {
    const waiting = await withPods(([one = '']) => askForAlert(one))
    const podsBefore = await demo.namespace.pods('agent')
    const stringData = { 'seal-keys': `${newKey('two')}\n${firstKey}` }
    await demo.namespace.patch('secret', 'keys-of-turns', { stringData })
    await installAgent({ logLevel: 'debug' })
    for (const { metadata } of podsBefore) await demo.namespace.waitFor('delete', `pod/${metadata.name}`)
    await withPods(async urls => {
      expect(await approve(urls[0] ?? '', waiting)).toMatchObject({ tools: [{ status: 'ok' }] })
      // A turn is sealed with the new key now, and every pod has it.
      const next = await askForAlert(urls[0] ?? '')
      expect(await approve(urls[1] ?? '', next)).toMatchObject({ tools: [{ status: 'ok' }] })
    })
  })

  it('keeps its effect, and runs no second time, when the pod of the weather API is deleted after the call', async () => {
    await withPods(async ([one = '', other = '']) => {
      const before = await alertTemperatures(one)
      const waiting = await askForAlert(one)
      expect(await approve(one, waiting)).toMatchObject({ tools: [{ status: 'ok' }] })
      const { metadata } = await demo.namespace.pod('weather-api')
      await demo.namespace.kubectl('delete', 'pod', metadata.name, '--grace-period=0', '--force')
      await demo.awaitRollout('weather-api')
      // The approval comes again, to a pod that has not seen it, and gets the result of the first approval.
      await expect
        .poll(() => approve(other, waiting), { timeout: 60_000 })
        .toMatchObject({ tools: [{ status: 'ok' }] })
      expect(await alertTemperatures(one)).toEqual([...before, celsius])
    })
  })

  it('keeps its effect if the weather API confirms the call while being stopped', async () => {
    await withPods(async ([one = '']) => {
      const answered: number[] = []
      for (let times = 0; times < 3; times += 1) {
        const waiting = await askForAlert(one)
        const asked = celsius
        const approving = approve(one, waiting)
        await demo.endContainer('weather-api', 'weather-api').catch(() => {})
        if ((await approving).tools?.[0]?.status === 'ok') answered.push(asked)
        const status = async () => statusOf(await demo.namespace.pod('weather-api'), 'weather-api')
        await expect.poll(status, { timeout: 90_000 }).toMatchObject({ ready: true, restartCount: times + 1 })
        expect(await alertTemperatures(one)).toEqual(expect.arrayContaining(answered))
      }
      const all = await alertTemperatures(one)
      expect(new Set(all).size).toBe(all.length)
    })
  })
})
