import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { seedIds } from '../../../../emulators/entra/src/testing/seed-ids.ts'
import { portray } from './support/portrait.ts'
import { type Scenes, useTenant } from './support/tenant.ts'

const tenant = useTenant()
const { content, run, quietly, remember, expectRemembered, expectNoReceipt, expectScenes } = tenant

const cluster =
  '--cluster-issuer https://oidc.eks.eu-central-1.amazonaws.com/id/ABC --service-account agents:demo-agent'
const otherCluster = '--cluster-issuer https://issuer.example --service-account a:b'
const names = `--blueprint-name B --api-name "Children's API" --page-name P`
const uris = '--redirect-uri https://a.example/x --redirect-uri https://b.example/x'
const people = `--sponsor ${seedIds.ben} --owner ${seedIds.ben}`

const application = (displayName: string) =>
  content().applications.find(one => one.displayName === displayName)
const variable = () => tenant.workplace.variables['BLUEPRINT_CLIENT_SECRET']
const secrets = () => application('Weather Agent Blueprint')?.passwordCredentials.map(one => one.secretText)
let earlier: ReturnType<typeof secrets>
const rememberSecrets = () => {
  earlier = secrets()
  expect(earlier).toEqual([variable()])
}
const expectSameSecrets = () => expect(secrets()).toEqual(earlier)
const expectNewSecret = () => {
  expect(secrets()).toEqual([variable()])
  expect(secrets()).not.toEqual(earlier)
}
const writeDotenv = (text: string, mode?: number) => () =>
  writeFileSync(tenant.workplace.envPath, text, { mode })
const keeping = ['plan --client-secret', 'apply --client-secret', 'status', expectSameSecrets]
const showNamed = () =>
  JSON.stringify(
    content().applications.map(({ displayName, sponsors, owners, spa, identifierUris }) => ({
      displayName,
      sponsors,
      owners,
      spa: spa.redirectUris,
      identifierUris: identifierUris.length,
    })),
    undefined,
    1,
  )
const showPeople = () => {
  const { sponsors, owners } = application('Weather Agent Blueprint') ?? {}
  return `sponsors: ${sponsors}\nowners: ${owners}`
}
const spoilApi = () => Object.assign(application('Weather API') ?? {}, { identifierUris: [] })

// biome-ignore format: table
const scenes: Scenes = [
  ['plan shows what would be made and changes nothing, not even a file', remember, `plan --client-secret ${cluster}`, expectRemembered, expectNoReceipt],
  ['plan shows what apply would correct, and what it would add', quietly('apply'), spoilApi, 'plan --agent second-agent'],
  ['apply adds agents, clusters and a secret to an earlier set-up; options of earlier runs need not be repeated', quietly(`apply --agent first ${cluster}`, 'apply --agent second --client-secret', `apply ${otherCluster}`), 'plan', 'apply'],
  ['apply takes names, redirect URIs, sponsors and owners from its options', quietly(`apply ${names} ${uris} --sponsor ben@contoso.example --owner ${seedIds.ada}`), showNamed, remember, quietly('apply'), expectRemembered],
  ['apply adds sponsors and owners to those of an earlier set-up, and removes none', quietly('apply'), `plan ${people}`, `apply ${people}`, `apply ${people}`, showPeople],
  ['apply makes a new secret when the old one has expired, and removes the old one', quietly('apply --client-secret --secret-days 7'), rememberSecrets, () => tenant.workplace.pass(8 * 86_400), 'status', 'apply', expectNewSecret],
  ['apply does not replace a secret in use unless asked to, even if .env has another secret or none', quietly('apply --client-secret'), rememberSecrets, writeDotenv(''), ...keeping, writeDotenv('BLUEPRINT_CLIENT_SECRET=of-another-blueprint\n'), ...keeping, quietly('apply --replace-client-secret'), expectNewSecret],
]

it('apply makes what plan shows, and adds to it later', () => expectScenes('apply-scenes', scenes))

/** The objects that a set-up makes, and the people and principals of the tenant in words. */
function showMade(): string {
  const { permissionGrants, ...all } = content()
  const applications = all.applications.filter(({ description }) => description)
  const servicePrincipals = all.servicePrincipals.filter(({ kind }) => kind === 'agentIdentity')
  const appRoleAssignments = all.appRoleAssignments.filter(
    ({ principalId }) => principalId === servicePrincipals[0]?.id,
  )
  return portray(content(), { applications, servicePrincipals, permissionGrants, appRoleAssignments })
}

it('apply makes everything that the documentation of Entra Agent ID names, property by property, and writes nothing the second time', async () => {
  const line = `apply --client-secret ${cluster}`
  let before: unknown
  const stateNow = () => [structuredClone(content()), tenant.workplace.receipt, tenant.workplace.variables]
  const rememberAll = () => {
    before = stateNow()
  }
  await expectScenes('apply', [['twice', line, rememberAll, line, () => expect(stateNow()).toEqual(before)]])
  await expect(showMade()).toMatchFileSnapshot('golden/apply-makes.txt')
})

it('apply writes the secret only into .env, which only the owner of the file can read', async () => {
  const { output, said } = await run('apply --client-secret')
  const secret = variable() ?? ''
  expect(secret.length).toBeGreaterThan(20)
  expect(statSync(tenant.workplace.envPath).mode & 0o777).toBe(0o600)
  for (const text of [output, said, JSON.stringify(tenant.workplace.receipt)]) {
    expect(text).not.toContain(secret)
    expect(text).not.toContain(tenant.token)
  }
})

it('apply changes only its own variables in .env, and no comment, line end or value of several lines', async () => {
  const before =
    '# mine\r\nAWS_REGION=eu-central-1 # here\r\nexport TENANT_ID=old\r\nAGENT_CLIENT_ID="x"\r\nMY="first\r\nBLUEPRINT_APP_ID=mine\r\nlast"'
  writeDotenv(before, 0o644)()
  await run('apply')
  const after = readFileSync(tenant.workplace.envPath, 'utf8')
  await expect(tenant.withNames(after).replaceAll('\r', '␍')).toMatchFileSnapshot('golden/apply-dotenv.txt')
  expect(statSync(tenant.workplace.envPath).mode & 0o777).toBe(0o600)
})

it('apply begins a new .env as a copy of .env.example', async () => {
  await run('apply')
  const example = readFileSync('.env.example', 'utf8')
  const text = readFileSync(tenant.workplace.envPath, 'utf8')
  expect(text.split('\n').length).toBe(example.split('\n').length)
  expect(text).toContain('# Region in which the agent calls Bedrock')
})
