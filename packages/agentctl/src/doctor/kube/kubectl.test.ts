import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { temporaryFolder } from '@entra-agents/service-kit/testing/temporary-file'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { Kubectl } from './kubectl.ts'

const folder = temporaryFolder()
beforeEach(() => void vi.stubEnv('PATH', `${folder}:${process.env['PATH']}`))
function standIn(script: string): void {
  writeFileSync(join(folder, 'kubectl'), `#!/bin/sh\n${script}\n`, { mode: 0o755 })
}

const calls = [
  ['run', (kubectl: Kubectl) => kubectl.run(['get', 'pods'])],
  ['forward', (kubectl: Kubectl) => kubectl.forward('agent-0', 5000)],
] as const

describe('kubectl', () => {
  // What waits is a child of kubectl, as a login plugin is: it lives on and holds kubectl's pipes open.
  it.each(calls)('that never ends is ended after the limit (%s)', async (_what, call) => {
    standIn('sleep 30 &\necho $! > "$0.waits"\nwait')
    await expect(call(new Kubectl('agents', 0.5))).rejects.toMatchObject({
      code: 'CLUSTER_UNREACHABLE',
      message: expect.stringMatching(/^kubectl (get|port-forward) pods?\S* did not end within 0.5 s\.$/),
    })
    process.kill(Number(readFileSync(join(folder, 'kubectl.waits'), 'utf8')))
  })

  it('gets a time limit for its requests, before all other arguments', async () => {
    standIn('echo "$@"')
    expect(await new Kubectl('agents', 15).run(['get', 'pods'])).toBe(
      '--request-timeout=8s --namespace agents get pods\n',
    )
  })

  it.each(calls)('that fails, or is not there, is told with its last words (%s)', async (_what, call) => {
    standIn('echo "Warning: old" >&2; echo "error: no such pod" >&2; exit 1')
    await expect(call(new Kubectl(undefined))).rejects.toThrow(/^error: no such pod$/)
    vi.stubEnv('PATH', '/nowhere')
    await expect(call(new Kubectl(undefined))).rejects.toThrow('There is no kubectl on the PATH.')
  })

  it('has its port-forward ended with what it has started', async () => {
    standIn('echo "Forwarding from 127.0.0.1:4711 -> 5000"; exec sleep 30')
    const forward = await new Kubectl(undefined).forward('agent-0', 5000)
    expect(forward.url).toBe('http://127.0.0.1:4711')
    await forward[Symbol.asyncDispose]()
  })
})
