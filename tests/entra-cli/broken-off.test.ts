import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import type { TestEntra } from '../../emulators/entra/src/testing/start-entra.ts'
import { type Call, GraphProxy } from './support/graph-proxy.ts'
import { portray } from './support/portrait.ts'
import { graphToken, startEmptyTenant, Workplace } from './support/workplace.ts'

let entra: TestEntra
let proxy: GraphProxy
let token: string
beforeAll(async () => {
  entra = await startEmptyTenant()
  proxy = await GraphProxy.start(entra.url)
  token = await graphToken(entra)
})
afterAll(async () => {
  await proxy[Symbol.asyncDispose]()
  await entra.close()
})
beforeEach(() => {
  entra.entra.reset()
  proxy.reset()
})

const options = ['--client-secret', '--cluster-issuer', 'https://issuer.example', '--service-account', 'a:b']
const guid = /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g
const portrait = () => portray(entra.entra.directory.content)

/** Every call of a command that is not broken off. */
async function callsOf(workplace: Workplace, command: string, ...given: readonly string[]) {
  proxy.reset()
  expect((await workplace.run(command, ...given)).code).toBe(0)
  return [...proxy.calls]
}

/** Loses the response to a call, and every call after it. */
function breakAt({ number }: Call): void {
  proxy.decide = call => (call.number === number ? 'break' : call.number > number ? 'lose' : 'pass')
}

// A call that never reached Graph leaves what a lost response to the call before it leaves.
it('a set-up that lost the response to any one call goes on where it stopped, and makes nothing twice', {
  timeout: 60_000,
}, async () => {
  using first = new Workplace(proxy.url, token)
  const calls = await callsOf(first, 'apply', ...options)
  const whole = portrait()
  expect(calls.length).toBeGreaterThan(30)
  for (const call of calls) {
    entra.entra.reset()
    proxy.reset()
    using workplace = new Workplace(proxy.url, token)
    breakAt(call)
    const { code, said } = await workplace.run('apply', ...options)
    expect([call, code]).toEqual([call, 1])
    expect(said).toContain('Run the same command again: it goes on where this run stopped.')
    proxy.reset()
    expect([call, (await workplace.run('apply', ...options)).code]).toEqual([call, 0])
    expect(portrait()).toBe(whole)
    const { BLUEPRINT_APP_ID = '', BLUEPRINT_CLIENT_SECRET } = workplace.variables
    expect(entra.entra.directory.application(BLUEPRINT_APP_ID)?.passwordCredentials).toMatchObject([
      { secretText: BLUEPRINT_CLIENT_SECRET },
    ])
  }
})

it('a set-up that is run again at once, before Entra shows what the broken-off one made, makes nothing twice', {
  timeout: 60_000,
}, async () => {
  using first = new Workplace(proxy.url, token)
  const calls = await callsOf(first, 'apply', ...options)
  const whole = portrait()
  for (const { method, path } of calls.filter(call => call.method === 'POST')) {
    if (path.endsWith('/addPassword')) continue
    entra.entra.reset()
    entra.entra.settings.change({ missedLookUps: 2 })
    proxy.reset()
    using workplace = new Workplace(proxy.url, token)
    let isBroken = false
    proxy.decide = call => {
      const isThis = call.method === method && call.path.replace(guid, '') === path.replace(guid, '')
      const fate = isBroken ? 'lose' : isThis ? 'break' : 'pass'
      isBroken ||= isThis
      return fate
    }
    expect([path, (await workplace.run('apply', ...options)).code]).toEqual([path, 1])
    proxy.reset()
    expect([path, (await workplace.run('apply', ...options)).code]).toEqual([path, 0])
    expect(portrait()).toBe(whole)
  }
})

it('a removal that lost the response to any one call goes on where it stopped', {
  timeout: 60_000,
}, async () => {
  using workplace = new Workplace(proxy.url, token)
  const before = portrait()
  await workplace.run('apply', ...options)
  const { content } = entra.entra.directory
  const [tenant, files] = [structuredClone(content), workplace.save()]
  const calls = await callsOf(workplace, 'destroy', '--yes')
  expect(calls.length).toBeGreaterThan(20)
  for (const call of calls) {
    Object.assign(content, structuredClone(tenant))
    workplace.restore(files)
    proxy.reset()
    breakAt(call)
    expect([call, (await workplace.run('destroy', '--yes')).code]).toEqual([call, 1])
    expect(workplace.hasReceipt).toBe(true)
    proxy.reset()
    expect([call, (await workplace.run('destroy', '--yes')).code]).toEqual([call, 0])
    expect(portrait()).toBe(before)
    expect(workplace.hasReceipt).toBe(false)
  }
})
