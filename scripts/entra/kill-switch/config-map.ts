import { ProblemError } from '@entra-bedrock-agent/service-kit'
import { DeniedTokens } from '../../../packages/entra-tokens/src/deny-list/denied-tokens.ts'
import type { Kubectl } from '../../doctor/kube/kubectl.ts'
import type { ConfigMap, Pod } from '../../doctor/kube/release.ts'
import { Mistake } from '../../set-up/mistake.ts'
import { StepFailed } from '../refusals.ts'
import type { Row } from './rows.ts'

const dataKey = 'deny-list.json'
/** A short time-out, since agents are disabled at Entra only after kubectl has changed the list or failed. */
const requestTimeout = '--request-timeout=15s'
const annotation = 'entra-bedrock-agent/deny-list'

/** A deny list in a ConfigMap, and the pods that mount it. */
export interface DenyListConfigMap {
  readonly name: string
  readonly pods: readonly string[]
}

/**
 * Finds the ConfigMap by its name or, without a name, as the one that the chart's pods mount.
 *
 * @throws {Mistake} when no pod mounts it, or pods mount several
 */
export async function findConfigMap(kubectl: Kubectl, name: string | undefined): Promise<DenyListConfigMap> {
  const { items } = JSON.parse(
    await throwAsStepFailed(() => kubectl.run(['get', 'pods', '--output', 'json', requestTimeout])),
  ) as {
    items: Pod[]
  }
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
 * Changes the rows, and makes the ConfigMap if it does not exist. Then annotates the pods that mount it, since the kubelet
 * otherwise reads ConfigMaps only every minute or two.
 *
 * @returns the rows as they are now, and whether the pods could be annotated
 * @throws {StepFailed} when kubectl cannot read or write the ConfigMap; {@link Mistake} when its deny list cannot be read
 */
export async function changeRows(
  kubectl: Kubectl,
  { name, pods }: DenyListConfigMap,
  change: (rows: readonly Row[]) => readonly Row[],
): Promise<{ readonly rows: readonly Row[]; readonly isTouched: boolean }> {
  const text = await throwAsStepFailed(() =>
    kubectl.run(['get', 'configmap', name, '--ignore-not-found', '--output', 'json', requestTimeout]),
  )
  const known = text === '' ? undefined : (JSON.parse(text) as ConfigMap)
  const rows = change(readRows(known?.data?.[dataKey] ?? '[]', name))
  const data = {
    ...known?.data,
    [dataKey]: `[\n${rows.map(row => `  ${JSON.stringify(row)}`).join(',\n')}\n]\n`,
  }
  const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, ...known, data }
  // `object` has the resourceVersion that was read, so that kubectl fails instead of overwriting a concurrent change.
  await throwAsStepFailed(() =>
    kubectl.run([known ? 'replace' : 'create', '--filename', '-', requestTimeout], JSON.stringify(object)),
  )
  return { rows, isTouched: await annotatePods(kubectl, pods) }
}

async function annotatePods(kubectl: Kubectl, pods: readonly string[]): Promise<boolean> {
  try {
    const touched = `${annotation}=${new Date().toISOString()}`
    await kubectl.run(['annotate', 'pods', ...pods, touched, '--overwrite', requestTimeout])
    return true
  } catch (error) {
    if (error instanceof ProblemError) return false
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

async function throwAsStepFailed<Result>(act: () => Promise<Result>): Promise<Result> {
  try {
    return await act()
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error
    throw new StepFailed(
      'deny list',
      error.code,
      error.message,
      'It takes the rights to get, create and update ConfigMaps, and to get and patch pods.',
    )
  }
}
