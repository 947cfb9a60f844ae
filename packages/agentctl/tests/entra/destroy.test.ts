import { readFileSync, writeFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { startEntra, tenantId } from '../../../../emulators/entra/src/testing/start-entra.ts'
import type { GraphCall } from './support/faulty-graph.ts'
import { type Scenes, useTenant } from './support/tenant.ts'

// The tenant has the emulator's seed, a set-up that `apply` did not make and `destroy` has to leave alone.
const tenant = useTenant(() => startEntra())
const { content, idOf, quietly, treat, remember, expectRemembered, expectNoReceipt, expectScenes } = tenant

const names = '--blueprint-name "My blueprint" --api-name "My API" --page-name "My page"'
const setUp = `apply ${names} --client-secret --cluster-issuer https://i.example --service-account a:b`
const theirs = '99999999-0000-4000-8000-000000000001'

function addTheirAgent(): void {
  const id = idOf('agent/weather-agent')
  const ours = content().servicePrincipals.filter(one => one.id === id)
  const changes = { id: theirs, appId: theirs, displayName: 'theirs' }
  content().servicePrincipals.push(...ours.map(one => ({ ...one, ...changes })))
}
const expectTheirAgentGone = () =>
  expect(content().servicePrincipals.filter(({ id }) => id === theirs)).toEqual([])
const isListingAgents = ({ method, path }: GraphCall) =>
  method === 'GET' && /(?<!\/0\/)microsoft\.graph\.agentIdentity$/.test(path)
function removeSome(): void {
  const agent = tenant.entra.directory.principalById(idOf('agent/mine'))
  if (agent) tenant.entra.directory.remove(agent)
  content().applications = content().applications.filter(({ id }) => id !== idOf('page'))
}
const dotenv = () => readFileSync(tenant.workplace.envPath, 'utf8')
const writeDotenv = (text: string) => writeFileSync(tenant.workplace.envPath, text)
const foreignDotenv = `BLUEPRINT_APP_ID=${tenantId}\nBLUEPRINT_CLIENT_SECRET=theirs\nAGENT_CLIENT_ID=${tenantId}\n`
function expectEmptied(): void {
  const { variables } = tenant.workplace
  expect(variables).toMatchObject({ MINE: '1', TENANT_ID: tenantId, BLUEPRINT_CLIENT_SECRET: '' })
  expect(tenant.variablesOfSetUp()).toEqual({ TENANT_ID: tenantId })
}
const writeReceipt = (text: string) => writeFileSync(tenant.workplace.receiptPath, text)
const makeForeignReceipt = () =>
  writeReceipt(JSON.stringify({ ...tenant.workplace.receipt, tenantId: 'other' }))

// biome-ignore format: table
const scenes: Scenes = [
  ['leaves the tenant as it was, and deletes in the order that works: rights of agents and page, agents, applications, blueprint', remember, quietly(setUp), () => expect(expectRemembered).toThrow(), 'destroy --yes', expectRemembered, expectNoReceipt],
  ['deletes nothing if the blueprint has an agent of somebody else, and names what is deleted with the blueprint', quietly(setUp), addTheirAgent, remember, 'destroy --yes', 'destroy --dry-run', expectRemembered],
  ['deletes such an agent too with --with-foreign-agents', quietly(setUp), addTheirAgent, quietly('destroy --yes --with-foreign-agents'), expectTheirAgentGone],
  ['fails if Graph does not show which agents the blueprint has', quietly(setUp), treat('forbid', isListingAgents), 'destroy --yes'],
  ['deletes nothing in a dry run, or if the user does not confirm', quietly(setUp), remember, 'destroy', 'destroy --dry-run', expectRemembered],
  ['succeeds when some of the objects are gone already', remember, quietly(`${setUp} --agent mine`), removeSome, quietly('destroy --yes'), expectRemembered],
  ['empties the variables in .env that belong to deleted objects, the secret too, and leaves other variables', quietly(setUp), () => writeDotenv(`${dotenv()}MINE=1\n`), quietly('destroy --yes'), expectEmptied],
  ['leaves the .env file of another set-up alone', quietly(setUp), () => writeDotenv(foreignDotenv), quietly('destroy --yes'), () => expect(dotenv()).toBe(foreignDotenv)],
  ['needs a receipt, as other commands do', 'destroy', 'status', 'disable'],
  ['refuses the receipt of another tenant', quietly(setUp), makeForeignReceipt, 'destroy --yes'],
  ['refuses a receipt that cannot be read', quietly(setUp), () => writeReceipt('{ "half": '), 'destroy --yes'],
]

it('destroy deletes what apply made and nothing else', () => expectScenes('destroy', scenes))
