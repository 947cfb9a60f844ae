import { setTimeout as delay } from 'node:timers/promises'
import type { ControlPlane } from '../cluster/support/control-plane.ts'
import type { Demo } from '../cluster/support/demo.ts'
import { runIn } from '../cluster/support/in-container.ts'
import { type KubernetesObject, type Pod, statusOf } from '../cluster/support/kubernetes.ts'
import type { Load, Turn } from '../cluster/support/load.ts'
import { lostConnectionCodes } from './turn.ts'

/** What faults act on. */
export interface Target {
  readonly demo: Demo
  readonly entra: ControlPlane
  readonly bedrock: ControlPlane
  readonly load: Load
  /** Chooses one of the items; the seed determines which. */
  pick<Item>(items: readonly Item[]): Item
}

/** The codes that turns may fail with during a fault: in all kinds of turns, or in one. */
type RightCodes = Readonly<Partial<Record<'all' | 'direct' | 'bedrock' | 'mcp', readonly string[]>>>

export interface Fault {
  readonly name: string
  /** Whether the fault ends processes of the release, so that their measurements start again. */
  readonly endsProcesses?: true
  readonly right: RightCodes
  /** How long after the fault's end its effects may appear for the first time. */
  readonly showsWithinMs?: number
  /** Injects the fault. Returns a function that undoes the fault, unless the fault is over at once. */
  inject(target: Target): Promise<(() => Promise<unknown>) | undefined>
}

const components = ['agent', 'weather-api'] as const
const unreachable = { mcp: ['MCP_SERVER_UNREACHABLE'] } as const
/** Codes while the only pod of the weather API is replaced. With two pods no turn fails, as the tests on clusters show. */
const weatherRestartCodes: RightCodes = { all: ['API_UNAVAILABLE'], ...unreachable }
const noEntraCodes = ['ENTRA_UNAVAILABLE', 'SIDECAR_FAILED', 'API_UNAVAILABLE']
const inBedrock = (code: string): RightCodes => ({ bedrock: [code], mcp: [code] })

export const faults: readonly Fault[] = [
  {
    name: 'A pod of the agent is deleted',
    endsProcesses: true,
    right: {},
    inject: target => deletePod(target, 'agent'),
  },
  {
    name: 'Both services are rolled out',
    endsProcesses: true,
    right: weatherRestartCodes,
    async inject({ demo }) {
      const deployments = components.map(component => `deployment/demo-${component}`)
      await demo.namespace.kubectl('rollout', 'restart', ...deployments)
      for (const component of components) await demo.awaitRollout(component)
      return undefined
    },
  },
  {
    name: 'An agent runs out of memory',
    endsProcesses: true,
    right: { all: lostConnectionCodes },
    inject: exhaustMemory,
  },
  {
    name: 'The pod of the weather API is deleted',
    endsProcesses: true,
    right: weatherRestartCodes,
    inject: target => deletePod(target, 'weather-api'),
  },
  {
    name: 'A sidecar is killed',
    endsProcesses: true,
    right: { all: ['SIDECAR_UNREACHABLE'] },
    inject: killSidecar,
  },
  inEntra('Entra is slow', {}, { fault: { kind: 'delay', delayMs: 2_500 } }),
  inEntra(
    'Entra throttles',
    { all: ['ENTRA_UNAVAILABLE'] },
    { target: { leg: 'token' }, fault: { kind: 'refuse', code: 90055, retryAfterSeconds: 2 } },
  ),
  inEntra('Entra does not respond', { all: noEntraCodes, ...unreachable }, { fault: { kind: 'hang' } }),
  inEntra('Entra is down', { all: noEntraCodes, ...unreachable }, { fault: { kind: 'reset' } }),
  {
    name: 'Entra’s keys are replaced without overlap',
    // For ten seconds the sidecar sends cached T1s that the old key signed; Entra refuses them (AADSTS700027).
    right: { all: ['API_TOKEN_REJECTED', 'ENTRA_UNAVAILABLE', 'FEDERATION_MISMATCH', 'USER_TOKEN_INVALID'] },
    // For this long, services may have the old keys, and sidecars old tokens.
    showsWithinMs: 25_000,
    async inject({ entra }) {
      await entra.send('POST', '/emulator/keys/rotate', { body: { overlapSeconds: 0 } })
      return undefined
    },
  },
  inEntra(
    'The blueprint’s credential has expired',
    { all: ['BLUEPRINT_CREDENTIAL_REJECTED', 'FEDERATION_MISMATCH'] },
    { target: { leg: 'token' }, fault: { kind: 'refuse', code: 700024 } },
  ),
  {
    name: 'The AWS session has expired',
    right: inBedrock('BEDROCK_CREDENTIALS_EXPIRED'),
    inject: ({ bedrock }) =>
      injectFault(bedrock, { fault: { kind: 'error', name: 'ExpiredTokenException' } }),
  },
  {
    name: 'Bedrock throttles',
    right: inBedrock('BEDROCK_THROTTLED'),
    inject: ({ bedrock }) => injectFault(bedrock, { fault: { kind: 'error', name: 'ThrottlingException' } }),
  },
  {
    name: 'Bedrock’s streams break',
    right: inBedrock('BEDROCK_STREAM_BROKEN'),
    inject: ({ bedrock, pick }) =>
      injectFault(bedrock, { fault: { kind: pick(['cut', 'end', 'garbage', 'corrupt']), afterEvents: 4 } }),
  },
  {
    name: 'The weather API is down',
    endsProcesses: true,
    // While the agent does not know the MCP tools, the model uses the tools for the API.
    right: weatherRestartCodes,
    async inject({ demo }) {
      await demo.scale('weather-api', 0)
      return () => demo.scale('weather-api', 1)
    },
  },
  {
    name: 'Names are not resolved, and connections end',
    endsProcesses: true,
    right: {
      ...{ all: noEntraCodes, bedrock: ['BEDROCK_UNAVAILABLE'] },
      mcp: ['BEDROCK_UNAVAILABLE', 'MCP_SERVER_UNREACHABLE'],
    },
    inject: blockNameResolution,
  },
  {
    name: 'Clients leave in the middle of answers',
    right: {},
    async inject({ load }) {
      await load.sendCrowdThatLeaves()
      return undefined
    },
  },
]

/** Whether a turn failed with a code that is right for the fault. */
export function explainsOutcome({ right }: Fault, { way, outcome }: Turn): boolean {
  const [mode] = way.split(' ')
  const codes = [...(right.all ?? []), ...(right[mode as keyof RightCodes] ?? [])]
  return codes.includes(outcome)
}

function inEntra(name: string, right: RightCodes, fault: object): Fault {
  return { name, right, inject: ({ entra }) => injectFault(entra, fault) }
}

async function injectFault(emulator: ControlPlane, fault: object): Promise<() => Promise<void>> {
  await emulator.setFaults(fault)
  return () => emulator.setFaults()
}

/** Kills the sidecar of the pod whose sidecar has restarted least, since Kubernetes delays each further restart. */
async function killSidecar(target: Target): Promise<undefined> {
  const restartsOf = (pod: Pod) => statusOf(pod, 'sidecar')?.restartCount ?? 0
  const { namespace } = target.demo
  const [chosen] = (await namespace.pods('agent')).toSorted((a, b) => restartsOf(a) - restartsOf(b))
  const sidecar = { pod: chosen?.metadata.name ?? '', container: 'sidecar' }
  const since = Date.now()
  // Process 1 of a container receives only signals that it handles.
  await runIn(namespace, { ...sidecar, script: "process.kill(1, 'SIGTERM')" })
  await untilEnded(target, { ...sidecar, since })
}

async function pickPod({ demo, pick }: Target, component: (typeof components)[number]): Promise<string> {
  return pick(await demo.namespace.pods(component)).metadata.name
}

async function deletePod(target: Target, component: (typeof components)[number]): Promise<undefined> {
  await target.demo.namespace.kubectl('delete', 'pod', await pickPod(target, component))
}

/** Fills the container's memory by programs that each use less than the agent, so that the kernel's OOM killer ends the agent. */
async function exhaustMemory(target: Target): Promise<undefined> {
  const { namespace } = target.demo
  const pod = await pickPod(target, 'agent')
  const hog = 'globalThis.hog = Buffer.alloc(45 * 2 ** 20, 1); setInterval(() => {}, 1_000)'
  const script = `const { spawn } = await import('node:child_process')
    for (let i = 0; i < 8; i++) spawn(process.execPath, ['--eval', ${JSON.stringify(hog)}])
    await new Promise(() => setInterval(() => {}, 1_000))`
  const since = Date.now()
  // The script ends with its container.
  await runIn(namespace, { pod, container: 'agent', script }).catch(() => {})
  await untilEnded(target, { pod, container: 'agent', since, reason: 'OOMKilled' })
}

interface ContainerEnd {
  readonly pod: string
  readonly container: string
  /** Milliseconds since 1970. */
  readonly since: number
  readonly reason?: string
}

/**
 * Waits until the container has ended.
 *
 * @throws if it keeps running
 */
async function untilEnded({ demo }: Target, { pod, container, since, reason }: ContainerEnd): Promise<void> {
  const deadline = since + 30_000
  while (Date.now() < deadline) {
    const status = statusOf(await demo.namespace.get<Pod>('pod', pod), container)
    const ends = [status?.state.terminated, status?.lastState.terminated]
    // Kubernetes reports whole seconds.
    const isIt = (end: (typeof ends)[number]) =>
      end !== undefined && Date.parse(end.finishedAt) > since - 1_000 && end.reason === (reason ?? end.reason)
    if (ends.some(isIt)) return
    await delay(500)
  }
  throw new Error(`The ${container} should have ended${reason ? ` (${reason})` : ''}, but goes on.`)
}

/**
 * Removes the rule for DNS from the agent's policy, so that its pods cannot resolve names. Also breaks open connections,
 * since these need no names and would go on.
 */
async function blockNameResolution(target: Target): Promise<() => Promise<unknown>> {
  const { entra, bedrock, demo } = target
  const policy = await demo.namespace.get<Policy>('networkpolicy', 'demo-agent')
  const index = policy.spec.egress.findIndex(({ ports = [] }) => ports.some(({ port }) => port === 53))
  if (index < 0) throw new Error('The agent’s policy has no rule for DNS.')
  const path = `/spec/egress/${index}`
  const change = (operation: object) => {
    const patch = JSON.stringify([operation])
    return demo.namespace.kubectl('patch', 'networkpolicy/demo-agent', '--type=json', '--patch', patch)
  }
  await change({ op: 'remove', path })
  for (const emulator of [entra, bedrock]) await emulator.setFaults({ fault: { kind: 'reset' }, times: 8 })
  await deletePod(target, 'weather-api')
  return async () => {
    for (const emulator of [entra, bedrock]) await emulator.setFaults()
    await change({ op: 'add', path, value: policy.spec.egress[index] })
  }
}

interface Policy extends KubernetesObject {
  readonly spec: {
    readonly egress: readonly { readonly ports?: readonly { readonly port: number }[] }[]
  }
}
