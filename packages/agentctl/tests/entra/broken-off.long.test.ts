import { expect, it } from 'vitest'
import { seedIds } from '../../../../emulators/entra/src/testing/seed-ids.ts'
import { decisiveCalls, type GraphCall } from './support/faulty-graph.ts'
import { portray } from './support/portrait.ts'
import { useTenant } from './support/tenant.ts'

const tenant = useTenant()
const { run } = tenant

const setUp =
  'apply --client-secret --cluster-issuer https://issuer.example --service-account a:b --agent one:autonomous,obo,agent-user --agent two:none'
const removal = 'apply --remove-agent one --remove-cluster https://issuer.example --no-client-secret'
const guid = /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g
/** Each test runs a set-up some sixty times. This takes seconds, or minutes on a busy machine. */
const timeout = 300_000

/** What is in tenant, receipt and `.env`, without what differs between equal set-ups. */
function stateNow() {
  const { workplace } = tenant
  return {
    tenant: portray(tenant.content()),
    receipt: workplace.hasReceipt ? Object.keys(workplace.receipt.objects) : [],
    variables: Object.keys(tenant.variablesOfSetUp()),
  }
}

function expectSecretOfDotenv(): void {
  const { BLUEPRINT_APP_ID = '', BLUEPRINT_CLIENT_SECRET } = tenant.workplace.variables
  const credentials = tenant.entra.directory.application(BLUEPRINT_APP_ID)?.passwordCredentials ?? []
  const secrets = BLUEPRINT_CLIENT_SECRET ? [BLUEPRINT_CLIENT_SECRET] : []
  expect(credentials.map(({ secretText }) => secretText)).toEqual(secrets)
}

/** Runs a command without breaking it off; returns all its calls, and the state that it leaves. */
async function runWhole(line: string) {
  tenant.graph.reset()
  expect((await run(line)).code).toBe(0)
  return { calls: [...tenant.graph.calls], whole: stateNow() }
}

/** Runs a command that fails at a call as `breakOff` decided, and then another one, which succeeds. */
async function runTwice(call: GraphCall, line: string, next = line) {
  const { code, said } = await run(line)
  expect([call, code]).toEqual([call, 1])
  expect(said).toContain('Run the same command again: it goes on where this run stopped.')
  tenant.graph.reset()
  expect([call, (await run(next)).code]).toEqual([call, 0])
}

const ownerCalls = (calls: readonly GraphCall[]) => calls.filter(({ path }) => path.includes('/owners'))

it.each([
  ['apply goes on where it stopped, and makes nothing twice', [], setUp, setUp, decisiveCalls],
  ['apply adds new owners', [setUp], `apply --owner ${seedIds.ben}`, 'apply', ownerCalls],
  ['a removal goes on where it stopped', [setUp], 'destroy --yes', 'destroy --yes', decisiveCalls],
  ['apply takes away everything', [setUp], removal, removal, decisiveCalls],
])(
  '%s when run again, whichever response it lost',
  { timeout },
  async (_what, earlier, line, next, selectFrom) => {
    for (const one of earlier) await run(one)
    const state = earlier.length > 0 ? tenant.save() : undefined
    const { calls, whole } = await runWhole(line)
    expect(selectFrom(calls).length).toBeGreaterThan(2)
    for (const call of selectFrom(calls)) {
      if (state) tenant.restore(state)
      else tenant.begin()
      tenant.graph.breakAt(call)
      await runTwice(call, line, next)
      expect([call, stateNow()]).toEqual([call, whole])
      expectSecretOfDotenv()
    }
  },
)

it('a set-up makes nothing twice if it is run again before Entra shows what the broken-off run made', async () => {
  const { calls, whole } = await runWhole(setUp)
  const posts = calls.filter(({ method, path }) => method === 'POST' && !path.endsWith('/addPassword'))
  for (const post of posts) {
    tenant.begin()
    tenant.entra.settings.change({ missedLookUps: 2 })
    let isBroken = false
    tenant.graph.decide = ({ method, path }) => {
      const isThis = method === post.method && path.replace(guid, '') === post.path.replace(guid, '')
      const fate = isBroken ? 'lose' : isThis ? 'break' : 'pass'
      isBroken ||= isThis
      return fate
    }
    await runTwice(post, setUp)
    expect(stateNow()).toEqual(whole)
  }
})
