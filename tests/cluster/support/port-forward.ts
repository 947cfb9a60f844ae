import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import type { Namespace } from './namespace.ts'

export interface PortForward extends AsyncDisposable {
  readonly port: number
}

/** `kubectl port-forward` to a target such as `service/demo-agent`; `local` is the port here, by default any free one. */
export async function forward(
  namespace: Namespace,
  { target, port, local = 0 }: { readonly target: string; readonly port: number; readonly local?: number },
): Promise<PortForward> {
  const ports = local === 0 ? `:${port}` : `${local}:${port}`
  const child = spawn('kubectl', ['-n', namespace.name, 'port-forward', target, ports], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const closed = once(child, 'close')
  const listening = Promise.withResolvers<number>()
  createInterface({ input: child.stdout }).on('line', line => {
    const [, chosen] = /^Forwarding from 127\.0\.0\.1:(\d+)/.exec(line) ?? []
    if (chosen !== undefined) listening.resolve(Number(chosen))
  })
  child.once('close', () => listening.reject(new Error(`port-forward to ${target} ended.`)))
  return {
    port: await listening.promise,
    async [Symbol.asyncDispose]() {
      child.kill()
      await closed
    },
  }
}
