import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { kubectl } from './command.ts'
import type { KubernetesObject, Pod } from './kubernetes.ts'

const manifest = join(import.meta.dirname, '../../../k8s/namespace.yaml')

/** The label of the tests' namespaces, by which those of aborted runs are found. */
export const testLabel = 'entra-bedrock-agent-test'

/** A namespace of its own for a test. */
export class Namespace implements AsyncDisposable {
  readonly name: string

  private constructor(name: string) {
    this.name = name
  }

  /** Creates a namespace as in `k8s/namespace.yaml`, with Pod Security *restricted* by default. */
  static async create(purpose: string, podSecurity?: 'privileged'): Promise<Namespace> {
    const namespace = new Namespace(`test-${purpose}-${randomBytes(3).toString('hex')}`)
    const described = JSON.parse(await kubectl(['create', '-f', manifest, '--dry-run=client', '-o', 'json']))
    described.metadata.name = namespace.name
    described.metadata.labels[testLabel] = 'true'
    if (podSecurity) described.metadata.labels['pod-security.kubernetes.io/enforce'] = podSecurity
    await kubectl(['create', '-f', '-'], { input: JSON.stringify(described) })
    return namespace
  }

  kubectl(...args: readonly string[]): Promise<string> {
    return kubectl(['-n', this.name, ...args])
  }

  async get<Wanted extends KubernetesObject>(...args: readonly string[]): Promise<Wanted> {
    return JSON.parse(await this.kubectl('get', ...args, '-o', 'json'))
  }

  async list<Wanted extends KubernetesObject>(...args: readonly string[]): Promise<readonly Wanted[]> {
    const { items } = await this.get<KubernetesObject & { items: readonly Wanted[] }>(...args)
    return items
  }

  /** The pods of a component that are not being deleted. */
  async pods(component: string): Promise<readonly Pod[]> {
    const pods = await this.list<Pod>('pods', '-l', `app.kubernetes.io/component=${component}`)
    return pods.filter(({ metadata }) => metadata.deletionTimestamp === undefined)
  }

  /** The only pod of a component. */
  async pod(component: string): Promise<Pod> {
    const pods = await this.pods(component)
    const [pod] = pods
    if (pod === undefined || pods.length > 1)
      throw new Error(`There are ${pods.length} pods of ${component}.`)
    return pod
  }

  async create(object: object): Promise<void> {
    await kubectl(['-n', this.name, 'create', '-f', '-'], { input: JSON.stringify(object) })
  }

  async createSecret(name: string, entries: Readonly<Record<string, string>>): Promise<void> {
    const literals = Object.entries(entries).map(([key, value]) => `--from-literal=${key}=${value}`)
    await this.kubectl('create', 'secret', 'generic', name, ...literals)
  }

  async patch(kind: string, name: string, patch: object): Promise<void> {
    await this.kubectl('patch', kind, name, '--type=merge', '--patch', JSON.stringify(patch))
  }

  async waitFor(condition: string, ...what: readonly string[]): Promise<void> {
    await this.kubectl('wait', `--for=${condition}`, '--timeout=120s', ...what)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await kubectl(['delete', 'namespace', this.name, '--wait=false', '--ignore-not-found'])
  }
}
