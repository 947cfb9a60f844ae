import { describe, expect, it } from 'vitest'
import { forFile } from '../support/for-file.ts'
import { merge } from '../support/values.ts'
import { Demo } from './support/demo.ts'
import { EntraControls } from './support/entra.ts'
import { runIn } from './support/in-container.ts'
import { type Pod, statusOf } from './support/kubernetes.ts'
import { Load, type Turn, valuesForLoad } from './support/load.ts'

const kinds = ['direct autonomous', 'direct obo', 'bedrock obo']
const agentValues = merge(valuesForLoad, {
  agent: { replicas: 2 },
  sidecar: { resources: { limits: { memory: '192Mi' } } },
})

const emulators = { bedrock: { firstTokenMs: 5, tokenDelayMs: 1 } }
const demo = await forFile(Demo.install('sidecar-load', { agent: agentValues, emulators }))
const entra = await EntraControls.of(demo)
const killed = (await demo.namespace.pods('agent'))[0]?.metadata.name ?? ''
const killedSidecar = async () => statusOf(await demo.namespace.get<Pod>('pod', killed), 'sidecar')

/** Lets users ask until the sidecar, which `end` ends, runs again. @returns their turns, and when the sidecar ended */
async function askWhile(end: () => Promise<unknown>): Promise<{ turns: readonly Turn[]; endedAt: number }> {
  const restarts = (await killedSidecar())?.restartCount ?? 0
  const load = await Load.start(demo, entra, { usersPerKind: 6, pauseMs: 5, kinds })
  await expect.poll(() => load.turns.length, { timeout: 30_000 }).toBeGreaterThan(200)
  await end()
  const endedAt = Date.now()
  const isBack = async () => {
    const sidecar = await killedSidecar()
    return sidecar?.restartCount === restarts + 1 && sidecar.started
  }
  await expect.poll(isBack, { timeout: 90_000, interval: 500 }).toBe(true)
  await load.stop()
  return { turns: load.turns, endedAt }
}

const failed = (turns: readonly Turn[]) => turns.filter(({ outcome }) => outcome !== 'OK')

/** Turns of the clients that keep their connection, by connection. */
function byKeptConnection(turns: readonly Turn[]): ReadonlyMap<number | undefined, readonly Turn[]> {
  return Map.groupBy(
    turns.filter(({ connection }) => connection.isKept),
    ({ connection }) => connection.port,
  )
}

describe('Under load, with two replicas', { timeout: 240_000 }, () => {
  it('no turn fails when a sidecar’s process grows beyond its memory limit', async () => {
    // Node listens for a debugger after this signal, which lets the process itself take memory until the kernel ends it.
    const grow = `process.kill(1, 'SIGUSR1')
      let targets
      while (!targets) targets = await fetch('http://127.0.0.1:9229/json/list').then(r => r.json()).catch(() => {})
      const socket = new WebSocket(targets[0].webSocketDebuggerUrl)
      await new Promise(opened => { socket.onopen = opened })
      const expression = 'globalThis.taken = []; setInterval(() => taken.push(Buffer.alloc(2 ** 22, 1)), 50)'
      socket.send(JSON.stringify({ id: 1, method: 'Runtime.evaluate', params: { expression } }))
      await new Promise(done => { socket.onmessage = done })`
    const { turns } = await askWhile(() =>
      runIn(demo.namespace, { pod: killed, container: 'sidecar', script: grow }),
    )
    expect((await killedSidecar())?.lastState).toMatchObject({ terminated: { reason: 'OOMKilled' } })
    expect(failed(turns)).toEqual([])
  })

  it.each(['ten', 'twenty'])(
    'no new connection fails, and a kept one fails once at most, while the kubelet waits %s seconds before it starts a sidecar again',
    async () => {
      const kill = { pod: killed, container: 'sidecar', script: "process.kill(1, 'SIGTERM')" }
      const { turns, endedAt } = await askWhile(() => runIn(demo.namespace, kill))
      const later = turns.filter(({ startedAt }) => startedAt > endedAt + 2_000)
      const onNewConnections = later.filter(({ connection }) => !connection.isKept)
      expect(onNewConnections.length).toBeGreaterThan(100)
      expect(failed(onNewConnections)).toEqual([])
      for (const sent of byKeptConnection(turns).values()) {
        const [failure, ...others] = failed(sent)
        if (!failure) continue
        expect(failure.outcome).toBe('SIDECAR_UNREACHABLE')
        // A stream has begun when it fails, so the agent closes the connection only after it: a request that the client
        // sends in that moment is lost.
        expect(others.map(({ outcome }) => outcome)).toEqual(others.length > 0 ? ['ECONNRESET'] : [])
        expect(sent.slice(-1 - others.length)).toEqual([failure, ...others])
      }
    },
  )
})
