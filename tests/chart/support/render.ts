import { readFileSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { temporaryFile } from '@entra-agents/service-kit/testing/temporary-file'
import { onTestFinished } from 'vitest'
import { parseAllDocuments } from 'yaml'
import type { Container, KubernetesObject, PodTemplate, Workload } from '../../support/kubernetes.ts'
import { run } from '../../support/run.ts'
import { merge, type Values, valuesAt } from '../../support/values.ts'

export const chart = resolve(import.meta.dirname, '../../../charts/entra-bedrock-agent')

/** The commands of the versions of Helm. Most tests use the first command only. */
export const helmCommands = process.env['CI'] === 'true' ? ['helm', 'helm3'] : ['helm']

export { merge, type Values, valuesAt }

/** The fewest values with which the chart can be installed. */
export const baseValues = {
  entra: {
    tenantId: '11111111-2222-4333-8444-555555555555',
    blueprintAppId: 'cccccccc-0000-4000-8000-00000000000c',
    agentClientId: 'bbbbbbbb-0000-4000-8000-00000000000b',
  },
  downstreamApis: { weather: { appId: 'aaaaaaaa-0000-4000-8000-00000000000a' } },
} as const

export interface RenderOptions {
  /** Values files of the chart, by their paths in its folder. */
  readonly files?: readonly string[]
  readonly values?: Values
  readonly helm?: string
}

function runHelm({ files = [], values = {}, helm = 'helm' }: RenderOptions, command: readonly string[]) {
  const valueFiles = [...files.map(file => resolve(chart, file)), '-'].flatMap(file => ['--values', file])
  const input = JSON.stringify(values)
  return run(helm, [...command, '--namespace', 'agents', ...valueFiles], { input })
}

/** Needed by Helm 3, which otherwise assumes an old cluster. */
const kubeVersionOptions = ['--kube-version', '1.37.0']

/** The output of `helm template` for the release `demo`. */
export function renderText(options: RenderOptions): Promise<string> {
  return runHelm(options, ['template', 'demo', chart, ...kubeVersionOptions])
}

/** The output of `helm lint --strict`. */
export function lintChart(options: RenderOptions): Promise<string> {
  return runHelm(options, ['lint', '--strict', chart, ...kubeVersionOptions])
}

export class Rendering {
  readonly objects: readonly KubernetesObject[]
  /** What Helm prints after an installation. */
  readonly notes: string

  constructor(manifests: string, notes = '') {
    this.notes = notes
    this.objects = parseAllDocuments(manifests).map((document): KubernetesObject => {
      if (document.errors[0]) throw document.errors[0]
      return document.toJS()
    })
  }

  ofKind(kind: string): readonly KubernetesObject[] {
    return this.objects.filter(object => object.kind === kind)
  }

  find(kind: string, name: string): KubernetesObject {
    const found = this.ofKind(kind).find(object => object.metadata.name === name)
    if (!found) throw new Error(`There is no ${kind} ${name}.`)
    return found
  }

  /** The pod templates of all workloads, by the workload's name. */
  get pods(): ReadonlyMap<string, PodTemplate> {
    const makers = this.objects.filter(({ kind }) => kind === 'Deployment' || kind === 'Job')
    return new Map(makers.map(({ metadata, spec }) => [metadata.name, (spec as Workload).template]))
  }

  get containers(): readonly Container[] {
    return [...this.pods.values()].flatMap(containersOf)
  }

  pod(name: string): PodTemplate {
    const found = this.pods.get(name)
    if (!found) throw new Error(`Nothing makes pods ${name}.`)
    return found
  }

  /** The settings that a container gets from the pod template, with `$$` read as Kubernetes reads it. */
  settings(pod: string, name: string): Readonly<Record<string, string>> {
    const { env = [] } = containersOf(this.pod(pod)).find(container => container.name === name) ?? {}
    return Object.fromEntries(
      env.flatMap(({ name, value }) => (value === undefined ? [] : [[name, value.replaceAll('$$', '$')]])),
    )
  }

  /** The ConfigMap from which a pod mounts a file of its release. */
  mounted(pod: string, volume: string): KubernetesObject {
    const { volumes = [] } = this.pod(pod).spec
    return this.find('ConfigMap', volumes.find(({ name }) => name === volume)?.configMap?.name ?? '')
  }

  /** The settings of the agent, with its files where this test can read them. */
  agentSettings(pod = 'demo-agent'): Readonly<Record<string, string>> {
    const settings = { ...this.settings(pod, 'agent') }
    for (const [name, path] of Object.entries(settings)) {
      const [, volume = '', file = ''] = /^\/etc\/(agents|mcp)\/(.*)/.exec(path) ?? []
      if (volume === '') continue
      settings[name] = temporaryFile(file, onTestFinished)
      writeFileSync(settings[name], this.mounted(pod, volume).data?.[file] ?? '')
    }
    return settings
  }
}

export function containersOf({ spec }: PodTemplate): readonly Container[] {
  return [...(spec.initContainers ?? []), ...spec.containers]
}

/** The renderings by their values, so that equal values are rendered once. */
const renderings = new Map<string, Promise<Rendering>>()

/** What Helm would install as the release `demo`, notes included. */
export function render(options: RenderOptions = { values: baseValues }): Promise<Rendering> {
  const key = JSON.stringify(options)
  const rendering = renderings.get(key) ?? install(options)
  renderings.set(key, rendering)
  return rendering
}

async function install(options: RenderOptions): Promise<Rendering> {
  const how = ['install', 'demo', chart, '--dry-run=client', '--output', 'json']
  const { hooks, manifest, info } = JSON.parse(await runHelm(options, how))
  const tests = hooks.map((hook: { manifest: string }) => hook.manifest)
  return new Rendering([manifest, ...tests].join('\n---\n'), info.notes)
}

/** Renders the chart with the fewest possible values, and further values over them. */
export function renderWith(values: Values): Promise<Rendering> {
  return render({ values: merge(baseValues, values) })
}

/** The chart's refusal of these values; empty if it accepts them. */
export function refusalOf(values: Values): Promise<string> {
  return renderWith(values).then(
    () => '',
    (error: Error) => error.message,
  )
}

/** A text of the chart's folder. */
export function readChartFile(name: string): string {
  return readFileSync(resolve(chart, name), 'utf8')
}
