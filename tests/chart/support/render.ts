import { spawn } from 'node:child_process'
import { resolve } from 'node:path'
import { vi } from 'vitest'
import { parseAllDocuments } from 'yaml'
import type { Container, KubernetesObject, PodTemplate, Workload } from './kubernetes.ts'

// Tests start several programs, which takes long on a busy machine.
vi.setConfig({ testTimeout: 120_000 })

export const chart = resolve(import.meta.dirname, '../../../charts/entra-bedrock-agent')

/** The commands of the versions of Helm. Most tests use the first command only. */
export const helmCommands = process.env['CI'] === 'true' ? ['helm', 'helm3'] : ['helm']

export type Values = Readonly<Record<string, unknown>>

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

const baseOptions: RenderOptions = { values: baseValues }

/** Runs a program. Rejects with what the program wrote to stderr if it fails, and also if it does not exist. */
export function run(program: string, args: readonly string[], input = ''): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: 'pipe' })
    let [output, errors] = ['', '']
    child.stdout.setEncoding('utf8').on('data', text => {
      output += text
    })
    child.stderr.setEncoding('utf8').on('data', text => {
      errors += text
    })
    child.once('error', reject)
    child.once('close', code =>
      code === 0 ? resolve(output) : reject(new Error(`${program} ended with ${code}:\n${errors}${output}`)),
    )
    child.stdin.end(input)
  })
}

/** Helm's outputs by arguments and input, so that equal calls run Helm once. */
const helmOutputs = new Map<string, Promise<string>>()

function runHelm(options: RenderOptions, command: readonly string[]): Promise<string> {
  const { files = [], values = {}, helm = helmCommands[0] ?? 'helm' } = options
  const valueFiles = [...files.map(file => resolve(chart, file)), '-'].flatMap(file => ['--values', file])
  const args = [...command, '--namespace', 'agents', ...valueFiles]
  const input = JSON.stringify(values)
  const key = JSON.stringify([helm, args, input])
  const output = helmOutputs.get(key) ?? run(helm, args, input)
  helmOutputs.set(key, output)
  return output
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

/** The notes that Helm prints after an installation. */
export async function renderNotes(options = baseOptions): Promise<string> {
  const text = await runHelm(options, ['install', 'demo', chart, '--dry-run=client'])
  return text.slice(text.indexOf('\nNOTES:'))
}

export class Rendering {
  readonly objects: readonly KubernetesObject[]

  constructor(text: string) {
    this.objects = parseAllDocuments(text).map((document): KubernetesObject => {
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

  spec<Spec>(kind: string, name: string): Spec {
    return this.find(kind, name).spec as Spec
  }

  /** The pod templates of all workloads, by the workload's name. */
  get pods(): ReadonlyMap<string, PodTemplate> {
    const makers = this.objects.filter(({ kind }) => kind === 'Deployment' || kind === 'Job')
    return new Map(makers.map(({ metadata, spec }) => [metadata.name, (spec as Workload).template]))
  }

  pod(name: string): PodTemplate {
    const found = this.pods.get(name)
    if (!found) throw new Error(`Nothing makes pods ${name}.`)
    return found
  }

  container(pod: string, name: string): Container {
    const found = containersOf(this.pod(pod)).find(container => container.name === name)
    if (!found) throw new Error(`Pod ${pod} has no container ${name}.`)
    return found
  }

  /** The settings that a container gets from the pod template, with `$$` read as Kubernetes reads it. */
  settings(pod: string, name: string): Readonly<Record<string, string>> {
    const { env = [] } = this.container(pod, name)
    return Object.fromEntries(
      env.flatMap(({ name, value }) => (value === undefined ? [] : [[name, value.replaceAll('$$', '$')]])),
    )
  }

  /** The ConfigMap from which a pod mounts a file of its release. */
  mounted(pod: string, volume: string): KubernetesObject {
    const { volumes = [] } = this.pod(pod).spec
    return this.find('ConfigMap', volumes.find(({ name }) => name === volume)?.configMap?.name ?? '')
  }
}

export function containersOf({ spec }: PodTemplate): readonly Container[] {
  return [...(spec.initContainers ?? []), ...spec.containers]
}

/** The parsed outputs by their texts, kept since parsing YAML takes longer than Helm does. */
const renderings = new Map<string, Rendering>()

export async function render(options = baseOptions): Promise<Rendering> {
  const text = await renderText(options)
  const rendering = renderings.get(text) ?? new Rendering(text)
  renderings.set(text, rendering)
  return rendering
}

/** Renders the chart with the fewest possible values, and further values over them. */
export function renderWith(values: Values): Promise<Rendering> {
  return render({ values: merge(baseValues, values) })
}

export function merge(base: Values, over: Values): Values {
  const merged: Record<string, unknown> = { ...base }
  for (const [key, value] of Object.entries(over)) {
    const below = merged[key]
    merged[key] = isObject(below) && isObject(value) ? merge(below, value) : value
  }
  return merged
}

function isObject(value: unknown): value is Values {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
