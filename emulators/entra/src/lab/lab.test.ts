import { setTimeout as wait } from 'node:timers/promises'
import { decodeJwt } from 'jose'
import { describe, expect, it } from 'vitest'
import { ada, signIn } from '../testing/browser.ts'
import { nameIds } from '../testing/describe-responses.ts'
import { visitLab } from '../testing/lab-client.ts'
import {
  requestObo,
  requestT1,
  requestT2,
  requestTr,
  requestTrAsUser,
  sendJson,
  t1Of,
} from '../testing/requests.ts'
import { seedIds } from '../testing/seed-ids.ts'
import {
  agentId,
  requestToken,
  startEntra,
  startEntraForFile,
  tenantId,
  weatherAppId,
} from '../testing/start-entra.ts'

const entra = await startEntraForFile()

type Headers = Readonly<Record<string, string>>

const open = (path = '') => visitLab(entra, path)
const submit = (path: string, fields: Headers = {}, headers?: Headers) =>
  visitLab(entra, `/lab/${path}`, fields, headers)

/** The text of a page, one line an item, without what differs from run to run. */
function textOf(html: string): string {
  const text = html
    .slice(html.indexOf('</nav>'))
    .replaceAll(/\n/g, ' ')
    .replaceAll(/<(?:li|h2|div|summary|p|label|button)\b[^>]*>/g, '\n')
    .replaceAll(/<[^>]*>/g, '')
    .replaceAll(/&#(\d+);/g, (_, code) => String.fromCharCode(code))
    .replaceAll(/[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}/g, id => (nameIds(entra, id) === id ? '<id>' : id))
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, '<time>')
  return nameIds(entra, text)
    .replaceAll(/ +\n|\n+/g, '\n')
    .trim()
}

/** The latest flow that the list names, as text. */
async function readLatestFlow(): Promise<string> {
  const [path] = /\/lab\/flows\/[\w-]+/.exec((await open()).html) ?? []
  return textOf((await open(path)).html)
}

it('lists requests after those that got their tokens, and never joins those that only share a token', async () => {
  const tc = (await signIn(entra, ada)).body.access_token
  const t1 = await t1Of(entra)
  await requestTr(entra, { client_assertion: t1 })
  await requestTr(entra, { client_assertion: t1, client_id: seedIds.traineeAgent })
  await requestObo(entra, tc, { client_assertion: t1 })
  const t2 = (await requestT2(entra, { client_assertion: t1 })).body.access_token
  await requestTrAsUser(entra, { client_assertion: t1, user_federated_identity_credential: t2 })
  await requestT1(entra, { client_secret: 'wrong' })
  await sendJson(entra, 'GET', '/v1.0/users', undefined, { authorization: `Bearer ${t1}` })
  await fetch(`${entra.url}/${tenantId}/v2.0/.well-known/openid-configuration`)
  await expect(`${textOf((await open()).html)}\n`).toMatchFileSnapshot('flows.txt')
})

describe('a link of a trace, by correlation ID and token', () => {
  const correlation = '99999999-0000-4000-8000-0000000000c1'
  const link = (query: Readonly<Record<string, string>>) => `?${new URLSearchParams(query)}`
  const headers = { 'client-request-id': correlation }

  it('shows the requests with those that got their tokens, the accepted and the refused ones', async () => {
    const t1 = await t1Of(entra)
    const asked = {
      client_id: agentId,
      client_assertion: t1,
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      grant_type: 'client_credentials',
      scope: `api://${weatherAppId}/.default`,
    }
    const { body } = await requestToken(entra, asked, headers)
    await requestToken(entra, { ...asked, client_id: seedIds.traineeAgent }, headers)
    await requestTr(entra)
    const { status, html } = await open(link({ correlation, token: '' }))
    expect([status, html.match(/<h1>.*<\/h1>/)?.[0]]).toEqual([200, '<h1>What Entra ID saw</h1>'])
    expect(textOf(html)).toContain('Presented: client_assertion, got in step 1')
    expect(html).not.toContain(t1.split('.')[2])
    expect(textOf(html).match(/^Step \d: \w+|AADSTS\d+|Accepted/gm)).toEqual([
      'Step 1: T1',
      'Accepted',
      'Step 2: TR',
      'Accepted',
      'Step 3: TR',
      'AADSTS7002137',
    ])
    const token = String(decodeJwt(body.access_token)['uti'])
    const cached = textOf((await open(link({ correlation: agentId, token }))).html)
    expect(cached).toContain('the token is of an earlier request, and came from a cache')
    expect(cached.match(/^Step \d: \w+/gm)).toEqual(['Step 1: T1', 'Step 2: TR'])
    expect(textOf((await open(link({ token }))).html)).not.toContain('cache')
  })

  it('says so if the log has no such request', async () => {
    const { status, html } = await open(link({ correlation: tenantId, token: 'none' }))
    expect(status).toBe(404)
    expect(textOf(html)).toContain('No request in the log has this correlation ID or got this token.')
    expect((await open(link({ correlation: '', token: '' }))).html).toContain('<h1>Flows</h1>')
  })
})

it('says that an injected fault decided', async () => {
  expect(await submit('faults/refuse', { leg: 't1', times: '1', code: '53003' })).toMatchObject({
    status: 303,
  })
  expect((await open('/lab/controls')).html).toContain('&#34;code&#34;:53003')
  await requestT1(entra)
  expect(await readLatestFlow()).toContain('AADSTS53003, an injected fault: ')
  expect((await requestT1(entra)).status).toBe(200)
})

it('shows users, groups, applications, blueprints and agents, and who may what', async () => {
  await expect(`${textOf((await open('/lab/directory')).html)}\n`).toMatchFileSnapshot('directory.txt')
})

it('lists at most 200 objects of a kind', async () => {
  const { users } = entra.entra.directory.content
  const [first] = users
  if (first) users.push(...Array.from({ length: 300 }, () => first))
  expect(textOf((await open('/lab/directory')).html)).toContain('… and 103 more.')
})

it('has a form with a sentence for each fault, and forms for clock, settings, keys and reset', async () => {
  const text = textOf((await open('/lab/controls')).html).replace(/(?<=first\n).*/, '<key>')
  await expect(`${text}\n`).toMatchFileSnapshot('controls.txt')
  await submit('settings', { clockOffsetSeconds: '3600', agentConsent: 'refused', carriesContexts: 'false' })
  const changed = { clockOffsetSeconds: 3_600, agentConsent: 'refused', carriesContexts: false }
  expect(entra.entra.settings.current).toMatchObject(changed)
  await submit('keys', { overlapSeconds: '60' })
  expect(await entra.entra.keys.published()).toHaveLength(2)
  await submit('faults/delay', { delayMs: '5' })
  await submit('clear-faults')
  expect(entra.entra.faults.all).toEqual([])
  await submit('reset')
  expect(entra.entra.settings.current.clockOffsetSeconds).toBe(0)
})

it('forges a token, which is on the page and in no log', async () => {
  const order = { client: agentId, resource: weatherAppId, roles: 'A B', lifetimeSeconds: '-60' }
  const { html } = await submit('token', { ...order, claims: '{"tid":"elsewhere"}' })
  const [jwt = ''] = /(?<=<pre>)[^<]+/.exec(html) ?? []
  expect(decodeJwt(jwt)).toMatchObject({ roles: ['A', 'B'], tid: 'elsewhere', azp: agentId })
  expect(textOf(html)).toContain('tidelsewhere')
  expect((await open()).html).not.toContain(jwt)
})

it('keeps claims only where others cannot reach the emulator, or if a setting says so', async () => {
  const readTokens = async (env: Headers) => {
    await using own = await startEntra(env)
    await requestTr(own)
    return JSON.stringify((await sendJson(own, 'GET', '/emulator/requests')).body)
  }
  expect(await readTokens({})).toContain('xms_ftd')
  expect(await readTokens({ HOST: '::1' })).toContain('xms_ftd')
  expect(await readTokens({ HOST: '0.0.0.0' })).not.toContain('xms_ftd')
  expect(await readTokens({ HOST: '0.0.0.0' })).toContain('"presentedTokens":{"client_assertion":{"uti":')
  expect(await readTokens({ HOST: '0.0.0.0', KEEP_CLAIMS: 'true' })).toContain('xms_ftd')
  expect(await readTokens({ KEEP_CLAIMS: 'false' })).not.toContain('xms_ftd')
})

describe('hostile input', () => {
  const hostile = `"'><script>alert(1)</script><img src=x onerror=alert(1)>`
  const encode = (json: string) => Buffer.from(json).toString('base64url')
  const jwtOf = (json: string) => `${encode('{"alg":"none"}')}.${encode(json)}.AAAA`
  const sendAssertion = (json: string) => requestTr(entra, { client_assertion: jwtOf(json) })

  /** Every tag of all screens is one of the lab's own. */
  async function expectInert(): Promise<void> {
    const list = (await open()).html
    const flows = [...list.matchAll(/\/lab\/flows\/[\w-]+/g)].map(([path]) => path)
    for (const path of ['', '/lab/directory', '/lab/controls', '/lab/token', ...flows]) {
      const { status, headers, html } = await open(path)
      expect(status).toBe(200)
      expect(headers.get('content-security-policy')).toMatch(
        /^default-src 'none'; style-src 'sha256-[^']+'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'$/,
      )
      expect(html).not.toMatch(/<(?:script|img|iframe)|<[^>]*(?: on\w+=|javascript:)/i)
    }
  }

  const nest = (claim: string, depth: number) => `{"${claim}":${'['.repeat(depth)}${']'.repeat(depth)}}`
  const many = JSON.stringify(Object.fromEntries(Array.from({ length: 9_000 }, (_, i) => [`claim${i}`, i])))
  const claims = JSON.stringify({ uti: hostile, [hostile]: hostile, iss: hostile, roles: [hostile] })
  // biome-ignore format: table
  it.each<[string, () => Promise<unknown>]>([
    ['a client id in a query', () => fetch(`${entra.url}/${tenantId}/oauth2/v2.0/authorize?client_id=${encodeURIComponent(hostile)}`)],
    ['fields of a form', () => requestTr(entra, { client_id: hostile, scope: hostile, fmi_path: hostile, user_id: hostile })],
    ['a tenant in the path', () => fetch(`${entra.url}/<img%20src=x%20onerror=alert(1)>/oauth2/v2.0/token`, { method: 'POST' })],
    ['headers', () => requestToken(entra, { client_id: agentId }, { 'client-request-id': hostile, traceparent: hostile, authorization: `Bearer ${hostile}` })],
    ['claims and their names', () => sendAssertion(claims)],
    ['the claim __proto__', () => sendAssertion(`{"__proto__":{"uti":"${agentId}"},"constructor":1,"toString":{}}`)],
    ['times that are none', () => sendAssertion('{"exp":1e300,"iat":{"a":1},"nbf":null,"uti":{"a":[]}}')],
    ['claims nested deeply', () => sendAssertion(nest('a', 40_000))],
    ['claims nested as deeply as they are kept', () => sendAssertion(nest('a', 1_900))],
    ['a nested id of a token', () => sendAssertion(nest('uti', 40_000))],
    ['a long id of a token', () => sendAssertion(JSON.stringify({ uti: 'x'.repeat(50_000) }))],
    ['thousands of claims', () => sendAssertion(many)],
    ['an assertion that is no token', () => requestTr(entra, { client_assertion: `eyJ.${hostile}.` })],
    ['names and addresses in the directory', async () => {
      const { users, applications, servicePrincipals, groups, permissionGrants } = entra.entra.directory.content
      for (const one of [...users, ...servicePrincipals]) one.displayName = hostile
      applications.push(...applications.map(one => ({ ...one, appId: hostile, identifierUris: [hostile], spa: { redirectUris: [hostile] } })))
      groups.push({ id: hostile, kind: 'group', displayName: hostile, members: [hostile] })
      for (const one of permissionGrants) one.scope = hostile
      for (const one of applications.flatMap(({ api, appRoles }) => [...api.oauth2PermissionScopes, ...appRoles])) one.value = hostile
    }],
  ])('is inert on every screen: %s', async (_what, send) => {
    await send()
    await wait(20)
    await expectInert()
    const { requests } = (await sendJson(entra, 'GET', '/emulator/requests')).body
    for (const one of requests) expect(JSON.stringify(one).length).toBeLessThan(12_000)
  })

  // biome-ignore format: table
  it.each<[string, Headers, string]>([
    ['faults/refuse', { code: '0' }, 'code must be >= 1'],
    ['faults/refuse', { code: 'many' }, 'code must be integer'],
    ['faults/refuse', {}, "must have required property 'code'"],
    ['faults/delay', { delayMs: '9', times: '1e9' }, 'times must be <= 10000'],
    ['faults/hang', { leg: hostile }, 'leg must be equal to one of the allowed values'],
    ['settings', { clockOffsetSeconds: '1e30' }, 'clockOffsetSeconds must be <= 315360000'],
    ['keys', { overlapSeconds: '-1' }, 'overlapSeconds must be >= 0'],
    ['token', { client: hostile, resource: weatherAppId }, `The directory has no client "${hostile}"; it has `],
    ['token', { client: agentId, resource: weatherAppId, claims: '{' }, 'claims has to be JSON.'],
    ['token', { client: agentId, resource: weatherAppId, claims: nest('a', 5_000) }, 'claims is too long.'],
  ])('gets a page that says what is wrong: %s, %#', async (path, fields, words) => {
    const { status, html } = await submit(path, fields)
    expect(status).toBe(400)
    expect(textOf(html)).toContain(words)
    expect(html).not.toContain('<script')
  })

  // biome-ignore format: table
  it.each<[string, Headers, number]>([
    ['another site', { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' }, 403],
    ['another port of this machine', { origin: 'http://localhost:3001', 'sec-fetch-site': 'same-site' }, 403],
    ['an opaque origin', { origin: 'null' }, 403],
  ])('is refused from %s', async (_what, headers, status) => {
    expect((await submit('reset', {}, headers)).status).toBe(status)
    expect((await submit('token', { client: agentId, resource: weatherAppId }, headers)).status).toBe(status)
  })

  it('is refused by a foreign name, also as an address that no request has', async () => {
    const answer = await entra.fetch('http://evil.example/emulator', { method: 'GET' })
    expect(answer.status).toBe(421)
    const value = encodeURIComponent(hostile)
    const links = [
      `?correlation=${value}&token=${value}`,
      '?correlation=a&correlation=b&token[a]=b',
      '?token=__proto__',
      '?correlation=%00%ff',
    ]
    for (const path of [`/lab/flows/${value}`, ...links]) {
      const { status, html } = await open(path)
      expect(status).toBe(404)
      expect(html).not.toContain('<script')
    }
  })
})
