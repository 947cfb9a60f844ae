import { kubectl } from './command.ts'
import { Namespace } from './namespace.ts'
import { createPod, debianImage } from './pods.ts'

const longestPauseMs = 120_000

/** Stops and continues the kubelet on request. It goes on in any case after a while, so that no aborted test leaves a dead node. */
const script = `
const { readdirSync, readFileSync } = require('node:fs')
const nameOf = id => { try { return readFileSync('/proc/' + id + '/comm', 'utf8').trim() } catch { return '' } }
const kubelet = Number(readdirSync('/proc').find(id => /^[0-9]+$/.test(id) && nameOf(id) === 'kubelet'))
const go = () => process.kill(kubelet, 'SIGCONT')
process.on('SIGTERM', () => process.exit(go() && 0))
require('node:http').createServer(({ url }, response) => {
  if (url === '/pause') { process.kill(kubelet, 'SIGSTOP'); setTimeout(go, ${longestPauseMs}) } else go()
  response.end('done')
}).listen(8080)`

/** The kubelet of the only node, which can hang as on a node that is overloaded or cut off. */
export class Kubelet implements AsyncDisposable {
  readonly #namespace: Namespace

  private constructor(namespace: Namespace) {
    this.#namespace = namespace
  }

  static async find(): Promise<Kubelet> {
    const namespace = await Namespace.create('kubelet', 'privileged')
    const container = {
      image: debianImage,
      command: ['node', '--eval', script],
      securityContext: { privileged: true },
      readinessProbe: { tcpSocket: { port: 8080 }, periodSeconds: 1 },
    }
    await createPod(namespace, 'kubelet', container, { hostPID: true, terminationGracePeriodSeconds: 1 })
    return new Kubelet(namespace)
  }

  /** The kubelet hangs until the result is disposed of. */
  async pause(): Promise<AsyncDisposable> {
    await this.#ask('pause')
    return { [Symbol.asyncDispose]: () => this.#ask('continue') }
  }

  /** The API server reaches the pod itself, so that this works without the kubelet. */
  async #ask(what: string): Promise<void> {
    const pod = `/api/v1/namespaces/${this.#namespace.name}/pods/kubelet:8080`
    await kubectl(['get', '--raw', `${pod}/proxy/${what}`])
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#namespace[Symbol.asyncDispose]()
  }
}
