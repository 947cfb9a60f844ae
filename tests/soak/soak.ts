/**
 * `npm run soak`: injects one fault after another while users send all kinds of turns, on the disposable cluster of
 * KUBECONFIG with the images loaded. Exit codes: 0 passed · 1 failed · 2 wrong usage.
 */
import { randomBytes } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { flowNames } from '@entra-agents/trace'
import { ControlPlane } from '../cluster/support/control-plane.ts'
import { Demo, weatherTools } from '../cluster/support/demo.ts'
import { EntraControls } from '../cluster/support/entra.ts'
import prepareCluster from '../cluster/support/global-setup.ts'
import { runIn } from '../cluster/support/in-container.ts'
import { Load, valuesForLoad } from '../cluster/support/load.ts'
import { NodeVolume } from '../cluster/support/node-volume.ts'
import { forward } from '../cluster/support/port-forward.ts'
import { merge } from '../support/values.ts'
import { explainsOutcome, type Fault, type Target } from './faults.ts'
import { replicas, untilHealed } from './healing.ts'
import { readOptions } from './options.ts'
import { planFaults, randomNumbers } from './plan.ts'
import { type Sample, sampleProcesses } from './processes.ts'
import { makeReport, type Run } from './report.ts'
import { type Episode, findUnexplained } from './turn.ts'

const faultMs = 12_000
const betweenFaultsMs = 4_000
const sampleEveryMs = 20_000
const { minutes, seed, out, chosen } = readOptions()
await prepareCluster()
console.log('Installing the charts…')
await using demo = await Demo.create('soak')
await demo.installEmulators({ bedrock: { firstTokenMs: 150, tokenDelayMs: 8 } })
await using volume = await NodeVolume.create(demo.namespace)
const sealKey = `one ${randomBytes(32).toString('base64')}`
await demo.namespace.createSecret('keys-of-turns', { 'seal-keys': sealKey })
await demo.installAgent(
  merge(valuesForLoad, {
    agent: { replicas: replicas.agent, turnTimeoutSeconds: 30 },
    approval: { existingSecret: 'keys-of-turns' },
    weatherApi: { alerts: { enabled: true, volume: { existingClaim: volume.claimName } } },
    mcpServers: merge(weatherTools(), { 'weather-tools': { flows: flowNames } }),
  }),
)
const entra = await EntraControls.of(demo)
// The sidecar stops using a token five minutes before the token expires, so it uses each of these tokens for ten seconds.
await entra.setTokenLifetime(310)
await using bedrock = await forward(demo.namespace, { target: 'service/bedrock-emulator', port: 7002 })
const load = await Load.start(demo, entra, { usersPerKind: 2, pauseMs: 500 })
const random = randomNumbers(seed)
const target: Target = {
  demo,
  entra: entra.controlPlane,
  bedrock: new ControlPlane(`http://localhost:${bedrock.port}`),
  load,
  pick: items => {
    const picked = items[Math.floor(random() * items.length)]
    if (picked === undefined) throw new Error('There is nothing to pick.')
    return picked
  },
}
await untilHealed(target, Date.now())

const startedAt = Date.now()
const endsAt = startedAt + minutes * 60_000
const episodes: Episode[] = []
const samples: Sample[] = []
const plan = planFaults(chosen, random, () => (Date.now() - startedAt) / (endsAt - startedAt))
const brokenOff = await Promise.all([injectFaults(), sampleUntilTheEnd()]).then(() => undefined, String)
const endedAt = Date.now()
await load.stop()
const openAtEnd = await countOpenTurns()
const turns = load.turns.filter(turn => turn.startedAt >= startedAt)
const unexplainedTurns = findUnexplained(turns, episodes)
const run: Run = {
  seed,
  startedAt,
  endedAt,
  faults: chosen.map(({ name }) => name),
  episodes,
  turns,
  unexplained: unexplainedTurns,
  samples,
  openAtEnd,
  brokenOff,
}
mkdirSync(out, { recursive: true })
writeFileSync(join(out, 'run.json'), JSON.stringify(run))
const report = makeReport(run)
writeFileSync(join(out, 'report.md'), report.text)
const { complaints } = report
if (complaints.length > 0) writeFileSync(join(out, 'logs.txt'), await readLogs())
console.log(`\n${report.text}\nWritten to ${out}.`)
process.exitCode = complaints.length > 0 ? 1 : 0

/** Injects faults one after another until the end of the run. */
async function injectFaults(): Promise<void> {
  while (Date.now() < endsAt) {
    await delay(betweenFaultsMs)
    const fault = plan.next().value
    const episode = await runEpisode(fault)
    episodes.push(episode)
    const { endedAt, healedAt } = episode
    console.log(
      `${elapsedAt(episode.startedAt)} ${fault.name}: well ${seconds(healedAt - endedAt)} s after it`,
    )
  }
}

/** Injects a fault, undoes it, and waits until everything works again. */
async function runEpisode(fault: Fault): Promise<Episode> {
  const startedAt = Date.now()
  const takeBack = await fault.inject(target)
  if (takeBack) {
    await delay(faultMs)
    await takeBack()
  }
  const endedAt = Date.now()
  const isOwn = (turn: Parameters<Episode['explainsOutcome']>[0]) => explainsOutcome(fault, turn)
  const healed = await untilHealed(target, endedAt, fault.showsWithinMs)
  return { fault: fault.name, startedAt, endedAt, ...healed, explainsOutcome: isOwn }
}

async function sampleUntilTheEnd(): Promise<void> {
  while (Date.now() < endsAt) {
    samples.push(...(await sampleProcesses(demo.namespace)))
    await delay(sampleEveryMs)
  }
}

/** The number of open turns and streams, by the agents' metrics. */
async function countOpenTurns(): Promise<number> {
  const script = `
    const metrics = await (await fetch('http://localhost:9464/metrics')).text()
    const open = metrics.matchAll(/^agent_(?:turns_in_flight|streams_open) (\\d+)/gm)
    result = [...open].reduce((sum, [, count]) => sum + Number(count), 0)`
  const pods = await demo.namespace.pods('agent')
  const counts = await Promise.all(
    pods.map(({ metadata }) =>
      runIn<number>(demo.namespace, { pod: metadata.name, container: 'agent', script }),
    ),
  )
  return counts.reduce((sum, count) => sum + count, 0)
}

function readLogs(): Promise<string> {
  const selector = 'app.kubernetes.io/instance=demo'
  return demo.namespace.kubectl('logs', '-l', selector, '--all-containers', '--prefix', '--tail=-1')
}

function elapsedAt(at: number): string {
  const elapsed = Math.floor((at - startedAt) / 1_000)
  return `${String(Math.floor(elapsed / 60)).padStart(3)}:${String(elapsed % 60).padStart(2, '0')}`
}

function seconds(ms: number): string {
  return (ms / 1_000).toFixed(1)
}
