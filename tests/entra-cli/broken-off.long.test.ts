import { expect, it } from 'vitest'
import { seedIds } from '../../emulators/entra/src/directory/seed.ts'
import { tenantId } from '../../emulators/entra/src/testing/start-entra.ts'
import { decisiveCalls, type GraphCall } from './support/faulty-graph.ts'
import { portray } from './support/portrait.ts'
import { newWorkplace, useTenant } from './support/tenant.ts'
import type { Workplace } from './support/workplace.ts'

const tenant = useTenant()
const { content } = tenant

const options = [
  ...['--client-secret', '--cluster-issuer', 'https://issuer.example', '--service-account', 'a:b'],
  ...['--agent', 'one:autonomous,obo,agent-user', '--agent', 'two:none'],
]
const guid = /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g
/** Each test runs a set-up some sixty times. This takes seconds, or minutes on a busy machine. */
const timeout = 300_000
const portrait = () => portray(content())

/** Runs a command without breaking it off, and returns all its calls. */
async function runAndListCalls(workplace: Workplace, command: string, ...given: readonly string[]) {
  tenant.graph.reset()
  expect((await workplace.run(command, ...given)).code).toBe(0)
  return [...tenant.graph.calls]
}

/** Breaks off at a call: its response is lost, and so are all later calls. */
function breakAt({ number }: GraphCall): void {
  tenant.graph.decide = call => (call.number === number ? 'break' : call.number > number ? 'lose' : 'pass')
}

it('apply goes on where it stopped, and makes nothing twice, whichever response it lost', {
  timeout,
}, async () => {
  using first = newWorkplace(tenant)
  const calls = await runAndListCalls(first, 'apply', ...options)
  const whole = portrait()
  expect(calls.length).toBeGreaterThan(30)
  for (const call of decisiveCalls(calls)) {
    tenant.entra.reset()
    tenant.graph.reset()
    using workplace = newWorkplace(tenant)
    breakAt(call)
    const { code, said } = await workplace.run('apply', ...options)
    expect([call, code]).toEqual([call, 1])
    expect(said).toContain('Run the same command again: it goes on where this run stopped.')
    tenant.graph.reset()
    expect([call, (await workplace.run('apply', ...options)).code]).toEqual([call, 0])
    expect(portrait()).toBe(whole)
    const { BLUEPRINT_APP_ID = '', BLUEPRINT_CLIENT_SECRET } = workplace.variables
    expect(tenant.entra.directory.application(BLUEPRINT_APP_ID)?.passwordCredentials).toMatchObject([
      { secretText: BLUEPRINT_CLIENT_SECRET },
    ])
  }
})

it('a set-up makes nothing twice if it is run again before Entra shows what the broken-off run made', async () => {
  using first = newWorkplace(tenant)
  const calls = await runAndListCalls(first, 'apply', ...options)
  const whole = portrait()
  for (const { method, path } of calls.filter(call => call.method === 'POST')) {
    if (path.endsWith('/addPassword')) continue
    tenant.entra.reset()
    tenant.entra.settings.change({ missedLookUps: 2 })
    tenant.graph.reset()
    using workplace = newWorkplace(tenant)
    let isBroken = false
    tenant.graph.decide = call => {
      const isThis = call.method === method && call.path.replace(guid, '') === path.replace(guid, '')
      const fate = isBroken ? 'lose' : isThis ? 'break' : 'pass'
      isBroken ||= isThis
      return fate
    }
    expect([path, (await workplace.run('apply', ...options)).code]).toEqual([path, 1])
    tenant.graph.reset()
    expect([path, (await workplace.run('apply', ...options)).code]).toEqual([path, 0])
    expect(portrait()).toBe(whole)
  }
})

it('apply adds new owners when run again after it lost a response while adding an owner', async () => {
  using workplace = newWorkplace(tenant)
  await workplace.run('apply', ...options)
  const { content } = tenant.entra.directory
  const [asSetUp, files] = [structuredClone(content), workplace.save()]
  const more = ['--owner', seedIds.ben]
  const calls = await runAndListCalls(workplace, 'apply', ...more)
  const whole = portrait()
  for (const call of calls.filter(({ path }) => path.includes('/owners'))) {
    Object.assign(content, structuredClone(asSetUp))
    workplace.restore(files)
    tenant.graph.reset()
    breakAt(call)
    expect([call, (await workplace.run('apply', ...more)).code]).toEqual([call, 1])
    tenant.graph.reset()
    expect([call, (await workplace.run('apply')).code]).toEqual([call, 0])
    expect(portrait()).toBe(whole)
  }
})

it('a removal goes on where it stopped, whichever response it lost', { timeout }, async () => {
  using workplace = newWorkplace(tenant)
  const before = portrait()
  await workplace.run('apply', ...options)
  const { content } = tenant.entra.directory
  const [asSetUp, files] = [structuredClone(content), workplace.save()]
  const calls = await runAndListCalls(workplace, 'destroy', '--yes')
  expect(calls.length).toBeGreaterThan(20)
  for (const call of decisiveCalls(calls)) {
    Object.assign(content, structuredClone(asSetUp))
    workplace.restore(files)
    tenant.graph.reset()
    breakAt(call)
    expect([call, (await workplace.run('destroy --yes')).code]).toEqual([call, 1])
    expect(workplace.hasReceipt).toBe(true)
    tenant.graph.reset()
    expect([call, (await workplace.run('destroy --yes')).code]).toEqual([call, 0])
    expect(portrait()).toBe(before)
    expect(workplace.hasReceipt).toBe(false)
    const left = Object.entries(workplace.variables).filter(
      ([name, value]) => /_ID|SECRET/.test(name) && value,
    )
    expect([call, left]).toEqual([call, [['TENANT_ID', tenantId]]])
  }
})
