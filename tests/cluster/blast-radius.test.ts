import { UpdateAssumeRolePolicyCommand } from '@aws-sdk/client-iam'
import { type BlastRadius, flatten } from '@entra-agents/agentctl/entra/blast-radius/branch'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { wellKnown } from '../../emulators/entra/src/directory/well-known.ts'
import { AwsAccount } from '../aws/support/aws-account.ts'
import { identities } from '../support/identities.ts'
import { ask } from './support/chat.ts'
import { kubectl } from './support/command.ts'
import { Demo } from './support/demo.ts'
import { EntraControls } from './support/entra.ts'
import { Operator } from './support/operator.ts'
import { type Change, listSurplusRights } from './support/surplus-rights.ts'

const roleName = 'entra-bedrock-agent'
const roleArn = `arn:aws:iam::123456789012:role/${roleName}`
const agents = ['weather:autonomous+obo+agent-user', 'alerts:obo', 'trainee:none']

let issuer: string
let account: AwsAccount
let demo: Demo
let entra: EntraControls
let operator: Operator
let graphToken: string

beforeAll(async () => {
  issuer = JSON.parse(await kubectl(['get', '--raw', '/.well-known/openid-configuration'])).issuer
  account = await AwsAccount.start()
  demo = await Demo.create('blast-radius')
  await demo.installEmulators({ entra: { emptyTenant: true }, federation: { issuer } })
  entra = await EntraControls.of(demo)
  operator = await Operator.of(demo, { ...account.environment, GRAPH_URL: demo.entraOrigin })
  graphToken = await entra.signInToGraph()
}, 180_000)
afterAll(async () => {
  await operator?.[Symbol.asyncDispose]()
  await demo?.[Symbol.asyncDispose]()
  await account?.[Symbol.asyncDispose]()
})

async function runEntra(command: string, ...args: readonly string[]) {
  const token = await operator.write('graph-token', graphToken)
  const target = ['--tenant', identities.tenantId, '--access-token-file', token]
  return operator.run('entra', command, ...target, ...args)
}

const callGraph = (method: string, path: string, body?: unknown) =>
  entra.controlPlane.send(method, `/v1.0${path}`, {
    headers: { authorization: `Bearer ${graphToken}` },
    ...(body === undefined ? {} : { body }),
  }) as Promise<Record<string, string>>

let addOns: readonly string[] = []
/** What the blast radius marks as surplus or wrong, without the cluster's own administrators and add-ons (`addOns`). */
async function findSurplus() {
  const accept = addOns.flatMap(subject => ['--accept', subject])
  const all = ['--json', '--kube', '--aws', roleArn, ...accept]
  const { code, output, said } = await runEntra('blast-radius', ...all)
  expect(said).toBe('')
  const { who, what } = JSON.parse(output) as BlastRadius
  const marked = flatten([...who, ...what]).filter(({ mark }) => mark === 'surplus' || mark === 'fault')
  return { code, titles: marked.map(({ title }) => title) }
}

it('the blast radius on a cluster with three agents is what the set-up asked for, and shows an addition until the addition is removed', {
  timeout: 240_000,
}, async () => {
  const serviceAccount = `${demo.namespace.name}:demo-agent`
  const { code, said } = await runEntra(
    'apply',
    ...agents.flatMap(agent => ['--agent', agent]),
    ...['--cluster-issuer', issuer, '--service-account', serviceAccount],
  )
  expect(code, said).toBe(0)
  await account.deploy('agent', { Issuer: issuer, ServiceAccount: serviceAccount })
  const values = await operator.write('entra.yaml', (await operator.run('helm-values')).output)
  await demo.installAgent({}, '--values', values)
  expect((await ask(await demo.agentUrl(), { agent: 'weather', flow: 'agent-user' })).status).toBe(200)

  addOns = (await findSurplus()).titles.flatMap(
    title => /^(?:system:serviceaccount|kubeadm):\S+/.exec(title) ?? [],
  )
  expect(await findSurplus()).toEqual({ code: 0, titles: [] })

  const { BLUEPRINT_APP_ID: blueprintAppId } = await operator.variables()
  const [blueprint, principal, graphPrincipal] = await Promise.all([
    callGraph('GET', `/applications(appId='${blueprintAppId}')`),
    callGraph('GET', `/servicePrincipals(appId='${blueprintAppId}')`),
    callGraph('GET', `/servicePrincipals(appId='${wellKnown.graphAppId}')`),
  ])
  const application = `/applications/${blueprint['id']}`
  const secret = await callGraph('POST', `${application}/addPassword`, {
    passwordCredential: { displayName: 'more' },
  })
  const foreign = await callGraph('POST', `${application}/federatedIdentityCredentials`, {
    name: 'more',
    issuer: 'https://evil.example',
    subject: 'else',
    audiences: ['api://AzureADTokenExchange'],
  })
  await callGraph('POST', `${application}/inheritablePermissions`, {
    resourceAppId: wellKnown.graphAppId,
    inheritableScopes: { kind: 'enumerated', scopes: ['Mail.Read'] },
  })
  const grant = await callGraph('POST', '/oauth2PermissionGrants', {
    clientId: principal['id'],
    consentType: 'AllPrincipals',
    resourceId: graphPrincipal['id'],
    scope: 'Mail.Read',
  })
  await callGraph('POST', `${application}/owners/$ref`, {
    '@odata.id': `${demo.entraOrigin}/v1.0/users/${identities.ben.oid}`,
  })
  const mint = ['--verb=create', '--resource=serviceaccounts/token']
  await demo.namespace.kubectl('create', 'role', 'mint', ...mint)
  await demo.namespace.kubectl('create', 'rolebinding', 'mint', '--role=mint', '--user=eve')
  const act = ['--verb=impersonate', '--resource=serviceaccounts']
  await demo.namespace.kubectl('create', 'role', 'act', ...act)
  await demo.namespace.kubectl('create', 'rolebinding', 'act', '--role=act', '--group=system:authenticated')
  const trust = await account.trustPolicy(roleName)
  const other = {
    Effect: 'Allow',
    Principal: { AWS: 'arn:aws:iam::999988887777:root' },
    Action: 'sts:AssumeRole',
  }
  const trustAs = (policy: unknown) =>
    account.iam.send(
      new UpdateAssumeRolePolicyCommand({ RoleName: roleName, PolicyDocument: JSON.stringify(policy) }),
    )
  await trustAs({ ...trust, Statement: [...trust.Statement, other] })

  const { code: found, titles } = await findSurplus()
  expect(found).toBe(3)
  const inherited = 'consent of all users to Mail.Read of "Microsoft Graph", inherited from the blueprint'
  const expected = [
    expect.stringContaining('client secret "more"'),
    'federated credential for else of https://evil.example',
    `owner ${identities.ben.name}`,
    'consent of all users to Mail.Read of "Microsoft Graph"',
    expect.stringContaining('what agents inherit at'),
    ...[inherited, inherited, inherited],
    `eve may mint its tokens (RoleBinding ${demo.namespace.name}:mint)`,
    `system:authenticated may act as somebody who has such rights (RoleBinding ${demo.namespace.name}:act)`,
    'AWS arn:aws:iam::999988887777:root',
  ]
  expect(titles).toHaveLength(expected.length)
  expect(titles).toEqual(expect.arrayContaining(expected))

  await callGraph('POST', `${application}/removePassword`, { keyId: secret['keyId'] })
  await callGraph('DELETE', `${application}/federatedIdentityCredentials/${foreign['id']}`)
  await callGraph('DELETE', `${application}/inheritablePermissions/${wellKnown.graphAppId}`)
  await callGraph('DELETE', `/oauth2PermissionGrants/${grant['id']}`)
  await callGraph('DELETE', `${application}/owners/${identities.ben.oid}/$ref`)
  await demo.namespace.kubectl('delete', 'rolebinding,role', 'mint', 'act')
  await trustAs(trust)
  expect(await findSurplus()).toEqual({ code: 0, titles: [] })
})

/** Appends to a list of an object of the cluster, and returns what undoes that. */
async function change({ kind, name, list, added }: Change) {
  const before = JSON.parse(await kubectl(['get', kind, name, '-o', 'json']))[list]
  const set = (value: object) =>
    kubectl(['patch', kind, name, '--type=merge', '--patch', JSON.stringify({ [list]: value })])
  await set([...before, added])
  return () => set(before)
}

it('the blast radius marks every right in the cluster that leads to the agent, and no other', {
  timeout: 240_000,
}, async () => {
  expect(await findSurplus()).toEqual({ code: 0, titles: [] })
  const agent = await demo.namespace.pod('agent')
  const rights = listSurplusRights(demo.namespace.name, agent.metadata.name)
  const objects = JSON.stringify({
    ...{ apiVersion: 'v1', kind: 'List' },
    items: rights.flatMap(right => right.objects ?? []),
  })
  const undo: (() => Promise<unknown>)[] = []
  try {
    undo.push(() => kubectl(['delete', '-f', '-', '--ignore-not-found'], { input: objects }))
    await kubectl(['create', '-f', '-'], { input: objects })
    for (const one of rights.flatMap(({ changes = [] }) => changes)) undo.push(await change(one))
    await expect
      .poll(async () => (await findSurplus()).titles.toSorted(), { timeout: 30_000 })
      .toEqual(rights.flatMap(({ told }) => told).toSorted())
  } finally {
    for (const one of undo.reverse()) await one()
  }
  await expect.poll(findSurplus, { timeout: 30_000 }).toEqual({ code: 0, titles: [] })
})
