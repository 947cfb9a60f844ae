import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Finding, examine as makeChecks } from '../../scripts/doctor/finding.ts'
import { enforcementCheck } from '../../scripts/doctor/kube/enforcement.ts'
import { Kubectl } from '../../scripts/doctor/kube/kubectl.ts'
import { readRelease } from '../../scripts/doctor/kube/release.ts'
import { ask } from './support/chat.ts'
import { Demo } from './support/demo.ts'
import { EntraControls } from './support/entra.ts'

const script = resolve(import.meta.dirname, '../../scripts/doctor.ts')

let demo: Demo
let folder: string
beforeAll(async () => {
  demo = await Demo.install('doctor')
  folder = await mkdtemp(join(tmpdir(), 'doctor-'))
})
afterAll(async () => {
  await demo[Symbol.asyncDispose]()
  await rm(folder, { recursive: true })
})

/** `npm run doctor -- --kube --json`, as somebody whose page and Entra are forwarded to this machine. */
async function examine(): Promise<{ status: string; findings: readonly Finding[] }> {
  const tokenFile = join(folder, 'user-token')
  await writeFile(tokenFile, await (await EntraControls.of(demo)).signIn())
  const authority = join(folder, 'ca.crt')
  await writeFile(
    authority,
    await demo.namespace.kubectl('get', 'configmap', 'emulator-authority', '-o', 'jsonpath={.data.ca\\.crt}'),
  )
  const target = ['--namespace', demo.namespace.name, '--release', 'demo']
  const user = ['--user-token-file', tokenFile, '--page', await demo.agentUrl()]
  const args = [script, '--kube', '--json', ...target, ...user]
  const env = { ...process.env, NODE_EXTRA_CA_CERTS: authority }
  return new Promise(done => {
    execFile(process.execPath, args, { cwd: folder, env }, (_error, output) => done(JSON.parse(output)))
  })
}

describe('npm run doctor -- --kube', () => {
  it('finds everything of the installed release in order', async () => {
    // Bedrock counts as ready once it has answered.
    await ask(await demo.agentUrl(), { mode: 'bedrock', message: 'Hello!' })
    const { status, findings } = await examine()
    // Not every system takes names under .localhost for this machine.
    const ofTheRelease = findings.filter(({ check }) => check !== 'redirect URI')
    expect(ofTheRelease.filter(({ status }) => status !== 'PASS')).toEqual([])
    expect(findings.map(({ check }) => check)).toContain('policies enforced')
    expect(status).toBe('PASS')
  })

  it('says so when policies are taken away, and would have seen that nobody enforces them', async () => {
    await demo.namespace.kubectl('delete', 'networkpolicy', 'demo-weather-api', 'demo-agent')
    const { status, findings } = await examine()
    expect(findings).toContainEqual(expect.objectContaining({ check: 'policies', code: 'POLICY_MISSING' }))
    expect(status).toBe('FAIL')
    const kubectl = new Kubectl(demo.namespace.name)
    const release = await readRelease(kubectl, 'demo')
    const enforcement = enforcementCheck(kubectl, release)
    await expect
      .poll(async () => (await makeChecks([enforcement]))[0]?.code, { timeout: 20_000 })
      .toBe('POLICY_NOT_ENFORCED')
  })
})
