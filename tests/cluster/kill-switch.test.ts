import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { seedIds } from '../../emulators/entra/src/testing/seed-ids.ts'
import { forFile } from '../support/for-file.ts'
import { identities } from '../support/identities.ts'
import { receiptOf } from '../support/receipt.ts'
import { ask } from './support/chat.ts'
import { kubectl } from './support/command.ts'
import { Demo } from './support/demo.ts'
import { EntraControls } from './support/entra.ts'
import { Kubelet } from './support/kubelet.ts'
import type { ConfigMap } from './support/kubernetes.ts'
import { Operator } from './support/operator.ts'

const { agentId, alertsAgentId, traineeAgentId } = identities
const group = 'incident-response'
const values = {
  agents: { alerts: { flows: ['autonomous', 'obo'] }, trainee: { flows: ['autonomous'] } },
  denyList: { configMap: 'denied-agents' },
  weatherApi: { replicas: 2 },
}

const demo = await forFile(Demo.create('kill-switch'))
await demo.namespace.kubectl('create', 'configmap', 'denied-agents', '--from-literal=deny-list.json=[]')
await demo.installEmulators()
await demo.installAgent(values)
await giveRights()
const operator = await forFile(Operator.of(demo, { KUBECONFIG: 'kubeconfig' }))
const kubeconfig = JSON.parse(
  await kubectl(['config', 'view', '--raw', '--minify', '--flatten', '-o', 'json']),
)
Object.assign(kubeconfig.users[0].user, { as: 'responder', 'as-groups': [group] })
await operator.write('kubeconfig', JSON.stringify(kubeconfig))
const entra = await EntraControls.of(demo)
const { weatherPrincipal: resourceId, weatherReadAllRole: appRoleId } = seedIds
const headers = { authorization: `Bearer ${await entra.signInToGraph()}` }
for (const principalId of [alertsAgentId, traineeAgentId])
  await entra.controlPlane.send('POST', `/v1.0/servicePrincipals/${principalId}/appRoleAssignments`, {
    headers,
    body: { principalId, resourceId, appRoleId },
  })
beforeEach(async () => {
  const receipt = receiptOf({ weather: agentId, alerts: alertsAgentId, trainee: traineeAgentId })
  await operator.write('receipt', JSON.stringify(receipt))
})

/** Gives the group the rights of docs/kill-switch.md. */
async function giveRights(): Promise<void> {
  const guide = readFileSync(resolve(import.meta.dirname, '../../docs/kill-switch.md'), 'utf8')
  const roles = /^```yaml\n(.*?)^```/ms.exec(guide)?.[1] ?? ''
  await kubectl(['apply', '-f', '-'], {
    input: roles.replaceAll('namespace: agents', `namespace: ${demo.namespace.name}`),
  })
}

function runEntra(command: string, ...args: readonly string[]) {
  const target = ['--receipt', 'receipt', '--namespace', demo.namespace.name]
  return operator.entra(command, '--agent', 'weather', ...target, ...args)
}

async function readDenyList() {
  const { data } = await demo.namespace.get<ConfigMap>('configmap', 'denied-agents')
  return JSON.parse(data['deny-list.json'] ?? '')
}
const askAgent = async (agent: string) => {
  const { status, body } = await ask(await demo.agentUrl(), { agent })
  return [status, body.code]
}

describe('the kill switch', { timeout: 120_000 }, () => {
  it('is in the hands of those who have the Roles of the guide, which give no right on other ConfigMaps', async () => {
    const may = (...what: readonly string[]) =>
      demo.namespace.kubectl('auth', 'can-i', ...what, '--as=responder', `--as-group=${group}`).then(
        () => true,
        () => false,
      )
    expect(await may('patch', 'configmap/denied-agents')).toBe(true)
    for (const verb of ['create', 'update', 'patch', 'delete'])
      expect(await may(verb, 'configmaps')).toBe(false)
    await demo.namespace.kubectl('delete', 'rolebinding', 'deny-list-proof')
    await runEntra('disable', '--deny-list')
    expect(await readDenyList()).toContainEqual({ agent: agentId })
    await giveRights()
    expect((await runEntra('enable')).code).toBe(0)
    await demo.namespace.patch('configmap', 'denied-agents', { data: { 'deny-list.json': '[]' } })
  })

  it('with a deny list stops calls with tokens from before the switch too, while two other agents go on', async () => {
    expect(await askAgent('weather')).toEqual([200, undefined])
    const { code, output, said } = await runEntra('disable', '--prove', '--deny-list')
    expect({ code, said }).toEqual({ code: 0, said: '' })
    for (const name of ['alerts', 'trainee'])
      expect(output).toMatch(new RegExp(`control "${name}" +(\\d+) of \\1 `))
    expect(output).toMatch(/^proven .*\n +No new token, and no call with an earlier one\.$/m)
  })

  it('stays effective through an upgrade and a rollback of the chart', async () => {
    const stillOff = async () => {
      await demo.closeForwards()
      expect((await askAgent('weather'))[0]).not.toBe(200)
      for (const name of ['alerts', 'trainee']) expect(await askAgent(name)).toEqual([200, undefined])
    }
    await stillOff()
    await demo.installAgent({ ...values, weatherApi: { replicas: 2, logLevel: 'debug' } })
    await stillOff()
    await demo.helm('rollback', '1', '--wait')
    await stillOff()
    expect(await readDenyList()).toContainEqual({ agent: agentId })
  })

  it('is undone by enable, but tokens that were issued earlier stay denied', async () => {
    await demo.openEntra()
    const { code, output } = await runEntra('enable', '--deny-list')
    expect(code).toBe(0)
    expect(output).toMatch(/The API accepts tokens that were issued from \d{4}-/)
    expect(await readDenyList()).toEqual([{ agent: agentId, issuedBefore: expect.any(String) }])
  })

  it('switches the agent off, in Entra and in the deny list, before the port-forwards that a hanging kubelet never opens', async () => {
    // A port-forward goes through the kubelet, so Entra is reached by the node's port.
    await demo.closeForwards()
    await using _entra = await demo.openEntraByNode()
    await using kubelet = await Kubelet.find()
    await using _hanging = await kubelet.pause()
    const { code, output } = await runEntra('disable', '--deny-list', '--json')
    const { results } = JSON.parse(output)
    const about = { key: 'agent/weather', id: agentId }
    const inTime = expect.toSatisfy((seconds: number) => seconds < 15)
    const note = expect.stringMatching(/^kubectl port-forward pod\/\S+ did not end within 15 s\.$/)
    const expected = [
      { ...about, measure: 'Entra', result: 'disabled', seconds: inTime },
      { ...about, measure: 'deny list', result: 'denied', seconds: inTime },
      { ...about, measure: 'API', result: 'not measured', note },
    ]
    expect(results).toEqual(expect.arrayContaining(expected.map(one => expect.objectContaining(one))))
    expect(await readDenyList()).toContainEqual({ agent: agentId })
    expect(code).toBe(0)
  })
})
