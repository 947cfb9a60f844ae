import { expect, it } from 'vitest'
import { seedIds } from '../../../../emulators/entra/src/directory/seed.ts'
import { tenantId } from '../../../../emulators/entra/src/testing/start-entra.ts'
import { decisiveCalls, type GraphCall } from './support/faulty-graph.ts'
import { portray } from './support/portrait.ts'
import { useTenant } from './support/tenant.ts'

const tenant = useTenant()
const { run } = tenant

const setUp =
  'apply --client-secret --cluster-issuer https://issuer.example --service-account a:b --agent one:autonomous,obo,agent-user --agent two:none'
const guid = /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g
/** Each test runs a set-up some sixty times. This takes seconds, or minutes on a busy machine. */
const timeout = 300_000
const portrait = () => portray(tenant.content())

/** Runs a command without breaking it off; returns all its calls, and the tenant that it leaves. */
async function runWhole(line: string) {
  tenant.graph.reset()
  expect((await run(line)).code).toBe(0)
  return { calls: [...tenant.graph.calls], whole: portrait() }
}

/** Runs a command that fails at a call as `breakOff` decided, and then another one, which succeeds. */
async function runTwice(call: GraphCall, line: string, next = line) {
  const { code, said } = await run(line)
  expect([call, code]).toEqual([call, 1])
  expect(said).toContain('Run the same command again: it goes on where this run stopped.')
  tenant.graph.reset()
  expect([call, (await run(next)).code]).toEqual([call, 0])
}

it('apply goes on where it stopped, and makes nothing twice, whichever response it lost', {
  timeout,
}, async () => {
  const { calls, whole } = await runWhole(setUp)
  expect(calls.length).toBeGreaterThan(30)
  for (const call of decisiveCalls(calls)) {
    tenant.begin()
    tenant.graph.breakAt(call)
    await runTwice(call, setUp)
    expect(portrait()).toBe(whole)
    const { BLUEPRINT_APP_ID = '', BLUEPRINT_CLIENT_SECRET } = tenant.workplace.variables
    expect(tenant.entra.directory.application(BLUEPRINT_APP_ID)?.passwordCredentials).toMatchObject([
      { secretText: BLUEPRINT_CLIENT_SECRET },
    ])
  }
})

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
    expect(portrait()).toBe(whole)
  }
})

it('apply adds new owners when run again after it lost a response while adding an owner', async () => {
  await run(setUp)
  const state = tenant.save()
  const line = `apply --owner ${seedIds.ben}`
  const { calls, whole } = await runWhole(line)
  for (const call of calls.filter(({ path }) => path.includes('/owners'))) {
    tenant.restore(state)
    tenant.graph.breakAt(call)
    await runTwice(call, line, 'apply')
    expect(portrait()).toBe(whole)
  }
})

it('a removal goes on where it stopped, whichever response it lost', { timeout }, async () => {
  await run(setUp)
  const state = tenant.save()
  const { calls, whole } = await runWhole('destroy --yes')
  expect(calls.length).toBeGreaterThan(20)
  for (const call of decisiveCalls(calls)) {
    tenant.restore(state)
    tenant.graph.breakAt(call)
    await runTwice(call, 'destroy --yes')
    expect(portrait()).toBe(whole)
    expect(tenant.workplace.hasReceipt).toBe(false)
    expect([call, tenant.variablesOfSetUp()]).toEqual([call, { TENANT_ID: tenantId }])
  }
})

it('apply takes away everything when run again, whichever response it lost', { timeout }, async () => {
  await run(setUp)
  const state = tenant.save()
  const removal = 'apply --remove-agent one --remove-cluster https://issuer.example --no-client-secret'
  const { calls, whole } = await runWhole(removal)
  const keys = Object.keys(tenant.workplace.receipt.objects)
  for (const call of decisiveCalls(calls)) {
    tenant.restore(state)
    tenant.graph.breakAt(call)
    await runTwice(call, removal)
    expect(portrait()).toBe(whole)
    expect(Object.keys(tenant.workplace.receipt.objects)).toEqual(keys)
    expect([call, tenant.workplace.variables['BLUEPRINT_CLIENT_SECRET']]).toEqual([call, ''])
  }
})
