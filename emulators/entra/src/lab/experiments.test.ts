import { describe, expect, it } from 'vitest'
import { ada, signIn } from '../testing/browser.ts'
import { visitLab } from '../testing/lab-client.ts'
import { requestObo, requestTr, t1Of } from '../testing/requests.ts'
import { agentId, blueprintAppId, startEntra, startEntraForFile } from '../testing/start-entra.ts'
import { experiments } from './experiments.ts'

const entra = await startEntraForFile()

const open = (path = '', on = entra) => visitLab(on, `/lab/experiments${path}`)
const send = (name: string, button: 'set-up' | 'undo' | 'more', on = entra) =>
  visitLab(on, `/lab/experiments/${name}/${button}`, {})
const press = async (...given: Parameters<typeof send>) => (await send(...given)).status

/** The tenant's content and settings. */
const stateOf = () =>
  structuredClone({ content: entra.entra.directory.content, settings: entra.entra.settings.current })

const names = Object.keys(experiments)

describe.each(names)('The experiment %s', name => {
  it('can be set up twice and undone twice, and leaves the tenant as it was', async () => {
    const before = stateOf()
    expect(await press(name, 'undo')).toBe(303)
    expect(stateOf()).toEqual(before)
    expect((await open(`/${name}`)).html).toContain('>Set up</button>')
    expect(await press(name, 'set-up')).toBe(303)
    const changed = stateOf()
    expect(await press(name, 'set-up')).toBe(303)
    expect(stateOf()).toEqual(changed)
    const { html } = await open(`/${name}`)
    expect(html).toContain('It is set up.')
    expect(html).not.toContain('>Set up</button>')
    for (let times = 0; times < 2; times++) expect(await press(name, 'undo')).toBe(303)
    expect(sorted(stateOf())).toEqual(sorted(before))
  })

  it('is over after a reset, also for a button of a page from before', async () => {
    await press(name, 'set-up')
    entra.entra.reset()
    const fresh = stateOf()
    await press(name, 'undo')
    expect(stateOf()).toEqual(fresh)
    expect((await open()).html).not.toContain('set up</small>')
  })
})

/** A tenant's state in an order of its own, since undoing appends what was taken away. */
function sorted(state: unknown): unknown {
  if (Array.isArray(state))
    return state
      .map(sorted)
      .map(one => JSON.stringify(one))
      .sort()
  if (typeof state !== 'object' || state === null) return state
  // A user without `accountEnabled` is enabled.
  const entries = Object.entries({ ...state, accountEnabled: Object(state).accountEnabled ?? true })
  return Object.fromEntries(entries.map(([key, value]) => [key, sorted(value)]).sort())
}

it('can all be set up at the same time, by two people at once, and be undone in the same order', async () => {
  const before = stateOf()
  await Promise.all(names.flatMap(name => [press(name, 'set-up'), press(name, 'set-up')]))
  expect((await open()).html.match(/set up<\/small>/g)).toHaveLength(names.length)
  expect(entra.entra.directory.application(blueprintAppId)?.federatedIdentityCredentials).toHaveLength(1)
  await Promise.all(names.flatMap(name => [press(name, 'undo'), press(name, 'undo')]))
  expect(sorted(stateOf())).toEqual(sorted(before))
})

it('gives nothing back to an agent that was deleted meanwhile', async () => {
  const { directory } = entra.entra
  await press('consent-missing', 'set-up')
  await press('role-missing', 'set-up')
  const agent = directory.principal(agentId)
  if (agent) directory.remove(agent)
  await press('consent-missing', 'undo')
  await press('role-missing', 'undo')
  const { permissionGrants, appRoleAssignments } = directory.content
  expect(JSON.stringify([permissionGrants, appRoleAssignments])).not.toContain(agentId)
})

it('keeps what was consented to meanwhile', async () => {
  await press('consent-missing', 'set-up')
  const { directory } = entra.entra
  const [first] = directory.content.permissionGrants
  if (first) directory.grant({ ...first, id: 'new', clientId: agentId, scope: 'Other' })
  await press('consent-missing', 'undo')
  expect(directory.content.permissionGrants.find(({ id }) => id === 'new')?.scope).toContain('Other')
})

it('shows a page that says what is missing in a tenant without the demo’s agents, and changes nothing', async () => {
  await using other = await startEntra(
    { BLUEPRINT_CLIENT_SECRET: '', SETUP_CLIENT_SECRET: '' },
    { tenant: 'acme', users: { ada: {} } },
  )
  expect((await open('', other)).status).toBe(200)
  const { status, html } = await open('/role-missing', other)
  expect(status).toBe(400)
  expect(html).toMatch(/The directory has no (?:resource|client)/)
  expect(await press('role-missing', 'set-up', other)).toBe(400)
  expect((await open('', other)).html).not.toContain('set up</small>')
})

it.each(['/none', '/__proto__', '/constructor', '/%3Cscript%3E'])('has none of the name %s', async name => {
  const { status, html } = await open(name)
  expect(status).toBe(404)
  expect(html).not.toContain('<script')
  expect(await press(name.slice(1), 'set-up')).toBe(404)
  expect(await press(name.slice(1), 'undo')).toBe(404)
})

describe('Entra’s answer', () => {
  const answer = async () => {
    const itself = (await requestTr(entra)).body
    const tc = (await signIn(entra, ada)).body.access_token
    const forAda = (await requestObo(entra, tc)).body
    return { itself: itself.error_codes?.[0] ?? 'token', forAda: forAda.error_codes?.[0] ?? 'token' }
  }
  // biome-ignore format: table
  it.each([
    ['consent-missing', { itself: 'token', forAda: 65001 }],
    ['role-missing', { itself: 'token', forAda: 'token' }],
    ['wrong-audience', { itself: 'token', forAda: 65001 }],
    ['key-rotation', { itself: 'token', forAda: 'token' }],
    ['agent-disabled', { itself: 7000112, forAda: 7000112 }],
    ['risky-agent', { itself: 53003, forAda: 'token' }],
    ['wrong-clock', { itself: 'token', forAda: 'token' }],
    ['foreign-credential', { itself: 'token', forAda: 'token' }],
  ])('in the experiment %s is %o, and before and after it a token', async (name, expected) => {
    const usual = { itself: 'token', forAda: 'token' }
    expect(await answer()).toEqual(usual)
    await press(name, 'set-up')
    expect(await answer()).toEqual(expected)
    await press(name, 'undo')
    expect(await answer()).toEqual(usual)
  })
})

it('a pipeline gets tokens of each agent of the blueprint, and of its user account, only while its credential is there', async () => {
  const ask = async () => (await send('foreign-credential', 'more')).html.replaceAll(/<[^>]*>/g, '')
  expect((await ask()).match(/T1 for .*AADSTS70021/g)).toHaveLength(3)
  await press('foreign-credential', 'set-up')
  const answers = await ask()
  expect(answers).not.toContain('AADSTS')
  for (const answer of [
    'TR of Weather agent as itself: a token with Weather.Read.All',
    'its user account: a token with Weather.Read',
    'TR of Trainee agent as itself: a token with no right',
  ])
    expect(answers).toContain(answer)
  await press('foreign-credential', 'undo')
  expect(await ask()).not.toContain(': a token')
})

it('a token of the former key is accepted until that key is taken away, and again after the way back', async () => {
  const signsWith = async () => (await entra.entra.keys.current()).kid
  const [tc, t1, former] = [
    (await signIn(entra, ada)).body.access_token,
    await t1Of(entra),
    await signsWith(),
  ]
  const code = async () => (await requestObo(entra, tc, { client_assertion: t1 })).body.error_codes?.[0]
  expect(await press('key-rotation', 'more')).toBe(404)
  await press('key-rotation', 'set-up')
  const t1OfNewKey = await t1Of(entra)
  expect([await code(), (await signsWith()) === former]).toEqual([undefined, false])
  expect(await press('key-rotation', 'more')).toBe(200)
  expect(await code()).toBe(700027)
  await press('key-rotation', 'undo')
  expect([await code(), await signsWith()]).toEqual([undefined, former])
  expect((await requestTr(entra, { client_assertion: t1OfNewKey })).status).toBe(200)
})
