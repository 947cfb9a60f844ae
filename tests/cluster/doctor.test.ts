import { examine as makeChecks } from '@entra-agents/agentctl/doctor/finding'
import { enforcementCheck } from '@entra-agents/agentctl/doctor/kube/enforcement'
import { Kubectl } from '@entra-agents/agentctl/doctor/kube/kubectl'
import { readRelease } from '@entra-agents/agentctl/doctor/kube/release'
import { describe, expect, it } from 'vitest'
import { forFile } from '../support/for-file.ts'
import { ask } from './support/chat.ts'
import { Demo } from './support/demo.ts'
import { EntraControls } from './support/entra.ts'
import { Operator } from './support/operator.ts'

const demo = await forFile(Demo.install('doctor'))
const operator = await forFile(Operator.of(demo))
const userToken = await (await EntraControls.of(demo)).signIn()

describe('npm run doctor -- --kube', () => {
  it('passes every check of the installed release except two: an agent without rights, and a role that cannot be read from AWS', async () => {
    // Bedrock counts as ready once it has answered.
    await ask(await demo.agentUrl(), { mode: 'bedrock', message: 'Hello!' })
    const { status, findings } = await operator.examine(userToken)
    const others = findings.filter(({ status }) => status !== 'PASS')
    expect(others).toMatchObject([
      { check: 'AWS role', code: 'NOT_CHECKED' },
      { check: 'Weather API as itself (trainee)', code: 'API_FORBIDDEN' },
    ])
    expect(findings.map(({ check }) => check)).toContain('policies enforced')
    expect(status).toBe('FAIL')
  })

  it('reports missing policies, and policies that are not enforced', async () => {
    await demo.namespace.kubectl('delete', 'networkpolicy', 'demo-weather-api', 'demo-agent')
    const { status, findings } = await operator.examine(userToken)
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
