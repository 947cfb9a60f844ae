import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type BlastRadius, flatten } from '@entra-agents/agentctl/entra/blast-radius/branch'
import { expect, it } from 'vitest'
import { AwsAccount } from '../aws/support/aws-account.ts'
import { forFile } from '../support/for-file.ts'
import { ask } from './support/chat.ts'
import { kubectl } from './support/command.ts'
import { Demo } from './support/demo.ts'
import { Operator } from './support/operator.ts'
import { type Change, listSurplusRights } from './support/surplus-rights.ts'

const roleArn = 'arn:aws:iam::123456789012:role/entra-bedrock-agent'
const agents = ['weather:autonomous+obo+agent-user', 'alerts:obo', 'trainee:none']

const { issuer } = JSON.parse(await kubectl(['get', '--raw', '/.well-known/openid-configuration']))
const account = await forFile(AwsAccount.start())
const demo = await forFile(Demo.create('blast-radius'))
await demo.installEmulators({ entra: { emptyTenant: true }, federation: { issuer } })
const operator = await forFile(Operator.of(demo, account.environment))

let addOns: readonly string[] = []
/** What the blast radius marks as surplus or wrong, without the cluster's own administrators and add-ons (`addOns`). */
async function findSurplus() {
  const accept = addOns.flatMap(subject => ['--accept', subject])
  const all = ['--json', '--kube', '--aws', roleArn, ...accept]
  const { code, output, said } = await operator.entra('blast-radius', ...all)
  expect(said).toBe('')
  const { who, what } = JSON.parse(output) as BlastRadius
  const marked = flatten([...who, ...what]).filter(({ mark }) => mark === 'surplus' || mark === 'fault')
  return { code, titles: marked.map(({ title }) => title) }
}

/** The marked lines, without what differs from run to run. */
async function markedLines(): Promise<string> {
  const { titles } = await findSurplus()
  const lines = titles.map(title => title.replaceAll(demo.namespace.name, '<namespace>'))
  return `${lines.toSorted().join('\n')}\n`
}

/** Appends to a list of an object of the cluster, and returns what undoes that. */
async function change({ kind, name, list, added }: Change) {
  const before = JSON.parse(await kubectl(['get', kind, name, '-o', 'json']))[list]
  const set = (value: object) =>
    kubectl(['patch', kind, name, '--type=merge', '--patch', JSON.stringify({ [list]: value })])
  await set([...before, added])
  return () => set(before)
}

it('the blast radius on a cluster with three agents is what the set-up asked for', {
  timeout: 240_000,
}, async () => {
  const serviceAccount = `${demo.namespace.name}:demo-agent`
  const cluster = ['--cluster-issuer', issuer, '--service-account', serviceAccount]
  const ofAgents = agents.flatMap(agent => ['--agent', agent])
  const { code, said } = await operator.entra('apply', ...ofAgents, ...cluster)
  expect(code, said).toBe(0)
  await account.deploy('agent', { Issuer: issuer, ServiceAccount: serviceAccount })
  const values = await operator.write('entra.yaml', (await operator.run('helm-values')).output)
  await demo.installAgent({}, '--values', values)
  expect((await ask(await demo.agentUrl(), { agent: 'weather', flow: 'agent-user' })).status).toBe(200)

  const subjects = /^(?:system:serviceaccount|kubeadm):\S+/
  addOns = (await findSurplus()).titles.flatMap(title => subjects.exec(title) ?? [])
  expect(await findSurplus()).toEqual({ code: 0, titles: [] })
})

it('the blast radius marks every right in the cluster that leads to the agent, and no other, until it is taken back', {
  timeout: 240_000,
}, async () => {
  const agent = await demo.namespace.pod('agent')
  const rights = listSurplusRights(demo.namespace.name, agent.metadata.name)
  const objects = JSON.stringify({ apiVersion: 'v1', kind: 'List', items: rights.objects })
  const golden = readFileSync(join(import.meta.dirname, 'blast-radius.txt'), 'utf8')
  const undo: (() => Promise<unknown>)[] = []
  try {
    undo.push(() => kubectl(['delete', '-f', '-', '--ignore-not-found'], { input: objects }))
    await kubectl(['create', '-f', '-'], { input: objects })
    for (const one of rights.changes) undo.push(await change(one))
    await expect.poll(markedLines, { timeout: 30_000 }).toBe(golden)
    expect((await findSurplus()).code).toBe(3)
  } finally {
    for (const one of undo.reverse()) await one()
  }
  await expect.poll(findSurplus, { timeout: 30_000 }).toEqual({ code: 0, titles: [] })
})
