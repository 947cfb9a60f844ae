import { isProblem } from '@entra-agents/service-kit'
import { DeniedTokens } from '@entra-agents/tokens/denied-tokens'
import { Kubectl } from '../../doctor/kube/kubectl.ts'
import type { ConfigMap, Pod } from '../../doctor/kube/release.ts'
import { Mistake } from '../../set-up/mistake.ts'
import type { Invocation } from '../options.ts'
import type { Run } from '../run.ts'
import type { Agent } from '../switch.ts'
import type { Entry } from '../text.ts'
import { failureOf, secondsSinceEnter } from './outcome.ts'
import { acceptedFromMs, allowAgents, backdatedMs, denyAgents, type Row } from './rows.ts'

const dataKey = 'deny-list.json'
const annotation = 'entra-bedrock-agent/deny-list'

/** How long a call of kubectl may take, in seconds. */
export const kubectlSeconds = 15

/**
 * Denies the agents in the deny list, or allows them again, with one write for all. Then annotates the pods that mount the list,
 * since the kubelet otherwise reads ConfigMaps only every minute or two.
 *
 * @returns whether the list is changed
 */
export async function changeDenyList(
  run: Run,
  agents: readonly Agent[],
  { denyList, namespace }: Invocation,
  result: 'denied' | 'allowed',
): Promise<boolean> {
  const kubectl = new Kubectl(namespace, kubectlSeconds)
  const report = (outcome: (agent: Agent) => Omit<Entry, 'title'>) => {
    for (const agent of agents) run.report({ ...agent, ...outcome(agent), measure: 'deny list' })
  }
  try {
    const { name, pods } = await findConfigMap(kubectl, denyList ?? undefined)
    const nowMs = run.clock.nowMs()
    const ids = agents.map(({ id }) => id)
    const change = result === 'denied' ? denyAgents : allowAgents
    const rows = await changeRows(kubectl, name, before => change(before, ids, nowMs))
    const seconds = secondsSinceEnter(run)
    const done = `In the ConfigMap ${name}, which ${pods.length} pods mount, ${seconds} s after Enter.`
    const delay = (await annotatePods(kubectl, pods))
      ? ''
      : '\nThe pods could not be annotated (patch pods), so the kubelet may take up to two minutes to notice.'
    const back = (id: string) => (result === 'allowed' ? describeReturn(rows, id, nowMs) : '')
    report(({ id }) => ({ result, note: `${done}${back(id)}${delay}`, seconds }))
    return true
  } catch (error) {
    report(() => failureOf(error, neededRights))
    return false
  }
}

const neededRights = 'It takes the rights to get, create and update ConfigMaps, and to get and patch pods.'

/** From when on the API accepts tokens of an agent that is allowed again. */
function describeReturn(rows: readonly Row[], agentId: string, nowMs: number): string {
  const fromMs = acceptedFromMs(rows, agentId) + backdatedMs
  if (fromMs === backdatedMs) return ''
  const remainingSeconds = Math.ceil((fromMs - nowMs) / 1_000)
  const remark =
    remainingSeconds > 0 ? `, which is in ${remainingSeconds} s: until then it refuses the agent` : ''
  return `\nThe API accepts tokens that were issued from ${new Date(fromMs).toISOString()} on${remark}.`
}

/**
 * Finds the ConfigMap by its name or, without a name, as the one that the chart's pods mount.
 *
 * @throws {Mistake} when no pod mounts it, or pods mount several
 */
async function findConfigMap(
  kubectl: Kubectl,
  name: string | undefined,
): Promise<{ readonly name: string; readonly pods: readonly string[] }> {
  const { items }: { items: Pod[] } = JSON.parse(await kubectl.run(['get', 'pods', '--output', 'json']))
  const mounts = items.flatMap(({ metadata, spec }) =>
    (spec.volumes ?? [])
      .filter(volume => (name === undefined ? volume.name === 'deny-list' : volume.configMap?.name === name))
      .map(({ configMap }) => ({ pod: metadata.name, configMap: configMap?.name ?? '' })),
  )
  const [found, ...others] = new Set(mounts.map(({ configMap }) => configMap))
  if (found === undefined)
    throw new Mistake(
      `No pod here mounts ${name === undefined ? 'a deny list' : `the ConfigMap ${name}`}.`,
      'Name the namespace with --namespace, and set denyList.configMap in the values of the chart.',
    )
  if (others.length > 0)
    throw new Mistake(
      `Pods here mount ${[found, ...others].join(', ')}.`,
      'Name one: --deny-list <ConfigMap>',
    )
  return { name: found, pods: mounts.map(({ pod }) => pod) }
}

/**
 * Changes the rows, and makes the ConfigMap if it does not exist.
 *
 * @throws {ProblemError} when kubectl cannot read or write the ConfigMap; {@link Mistake} when its deny list cannot be read
 */
async function changeRows(
  kubectl: Kubectl,
  name: string,
  change: (rows: readonly Row[]) => readonly Row[],
): Promise<readonly Row[]> {
  const text = await kubectl.run(['get', 'configmap', name, '--ignore-not-found', '--output', 'json'])
  const known = text === '' ? undefined : (JSON.parse(text) as ConfigMap)
  const rows = change(readRows(known?.data?.[dataKey] ?? '[]', name))
  const data = {
    ...known?.data,
    [dataKey]: `[\n${rows.map(row => `  ${JSON.stringify(row)}`).join(',\n')}\n]\n`,
  }
  const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, ...known, data }
  // `object` has the resourceVersion that was read, so that kubectl fails instead of overwriting a concurrent change.
  await kubectl.run([known ? 'replace' : 'create', '--filename', '-'], JSON.stringify(object))
  return rows
}

async function annotatePods(kubectl: Kubectl, pods: readonly string[]): Promise<boolean> {
  try {
    const touched = `${annotation}=${new Date().toISOString()}`
    await kubectl.run(['annotate', 'pods', ...pods, touched, '--overwrite'])
    return true
  } catch (error) {
    if (isProblem(error)) return false
    throw error
  }
}

function readRows(text: string, name: string): readonly Row[] {
  try {
    DeniedTokens.parse(text)
    return JSON.parse(text)
  } catch (error) {
    throw new Mistake(
      `The ConfigMap ${name} has no deny list that could be read, so it is left as it is: ${(error as Error).message}`,
      `Mend its key ${dataKey}: kubectl edit configmap ${name}`,
    )
  }
}
