import { once } from 'node:events'
import { createServer, request } from 'node:http'
import { decodeJwt } from 'jose'
import { expect, it } from 'vitest'
import { readConfig } from '../config.ts'
import { Tenants } from '../tenants.ts'
import { requestT1, sendJson } from '../testing/requests.ts'
import { agentId, blueprintAppId, tenantId as firstId, startEntraForFile } from '../testing/start-entra.ts'

const entra = await startEntraForFile()
const page = 'http://localhost:3000/'

function seedOf(name: string) {
  return {
    tenant: name,
    users: { [`user-of-${name}`]: null },
    apps: {
      orders: { scopes: ['Orders.Read'] },
      shop: {
        redirectUris: { spa: [page] },
        isFallbackPublicClient: true,
        signInAudience: 'AzureADMultipleOrgs',
        may: { orders: ['Orders.Read'] },
      },
      robot: { secret: `secret of ${name}`, may: { graph: [{ role: 'User.ReadBasic.All' }] } },
    },
  }
}

async function sendForm(url: string, form: object, headers = {}) {
  const response = await fetch(url, { method: 'POST', body: new URLSearchParams({ ...form }), headers })
  // biome-ignore lint/suspicious/noExplicitAny: a test reads what it expects, and fails if the body differs
  const body: any = await response.json()
  return { response, status: response.status, body }
}

/** A tenant of its own, as a test class makes one. */
async function makeTenant(name: string) {
  const { status, body } = await sendJson(entra, 'POST', '/emulator/tenants', seedOf(name))
  expect(status).toBe(201)
  const { tenantId, ids } = body
  const control = (method: string, path: string, content?: unknown) =>
    sendJson(entra, method, `/emulator/${path}`, content, { 'x-emulator-tenant': tenantId })
  const post = (endpoint: string, form: object, at = tenantId, headers = {}) =>
    sendForm(`${entra.url}/${at}/oauth2/v2.0/${endpoint}`, form, headers)
  const robot = {
    grant_type: 'client_credentials',
    client_id: ids.clients.robot,
    client_secret: `secret of ${name}`,
    scope: 'https://graph.microsoft.com/.default',
  }
  const requestAsRobot = (at?: string) => post('token', robot, at)
  const askGraph = (token: string) =>
    sendJson(entra, 'GET', '/v1.0/users', undefined, { authorization: `Bearer ${token}` })
  return { name, ...body, control, post, requestAsRobot, askGraph }
}
type Tenant = Awaited<ReturnType<typeof makeTenant>>

async function signIn({ name, control, ids }: Tenant) {
  const scope = `openid api://${ids.clients.orders}/Orders.Read`
  return (await control('POST', 'sign-in', { app: 'shop', user: `user-of-${name}`, scope })).body
}

it('fifty tenants that are asked at once are not mixed, whatever the clock, keys and faults of some of them', async () => {
  const names = Array.from({ length: 50 }, (_, index) => `tenant-${index}`)
  const tenants = await Promise.all(names.map(makeTenant))
  const [faulty, late, rotated] = tenants as [Tenant, Tenant, Tenant]
  await faulty.control('PUT', 'faults', {
    faults: [{ target: { leg: 'tr' }, fault: { kind: 'refuse', code: 90033 } }],
  })
  await late.control('PATCH', 'settings', { clockOffsetSeconds: 99_999 })
  const token = (await rotated.requestAsRobot()).body.access_token
  const { kid } = (await rotated.control('POST', 'keys/rotate', { overlapSeconds: 0 })).body
  expect((await rotated.askGraph(token)).status).toBe(401)

  const answers = await Promise.all(
    tenants.map(async tenant => {
      const { status, body } = await tenant.requestAsRobot()
      const list = body.access_token && (await tenant.askGraph(body.access_token)).body
      const { access_token, id_token } = await signIn(tenant)
      const { tid, iat = 0 } = decodeJwt(access_token)
      return {
        name: tenant.name,
        status,
        users: list?.value.map(({ displayName }: { displayName: string }) => displayName),
        tenants: new Set([tid, decodeJwt(id_token)['tid'], tenant.tenantId]).size,
        isLate: iat > Date.now() / 1_000 + 90_000,
      }
    }),
  )
  expect(answers).toEqual(
    names.map((name, index) => ({
      name,
      status: index === 0 ? 503 : 200,
      users: index === 0 ? undefined : [`user-of-${name}`],
      tenants: 1,
      isLate: index === 1,
    })),
  )
  for (const { control, tenantId } of tenants) {
    const { requests } = (await control('GET', 'requests')).body
    const paths = requests.map(({ path }: { path: string }) => path.split('/')[1])
    expect(new Set(paths)).toEqual(new Set([tenantId, ...(tenantId === faulty.tenantId ? [] : ['v1.0'])]))
  }
  const keys = await sendJson(entra, 'GET', `/${rotated.tenantId}/discovery/v2.0/keys`)
  expect(keys.body.keys.map((key: { kid: string }) => key.kid)).toEqual([kid])
  expect((await requestT1(entra)).status).toBe(200)
  expect((await sendJson(entra, 'GET', '/emulator/requests')).body.requests).toHaveLength(1)
  await rotated.control('POST', 'reset')
  expect((await faulty.requestAsRobot()).status).toBe(503)
})

it('a tenant is found by its id or domain in any case, and at the shared endpoints by the client', async () => {
  const tenant = await makeTenant('Found')
  expect(tenant).toMatchObject({
    domain: 'found.example',
    authority: `${entra.url}/${tenant.tenantId}`,
    ids: { users: { 'user-of-Found': expect.any(String) } },
  })
  expect((await tenant.requestAsRobot('FOUND.example')).status).toBe(200)
  expect((await tenant.requestAsRobot(tenant.tenantId.toUpperCase())).status).toBe(200)
  expect((await tenant.requestAsRobot(firstId)).body.error_codes).toEqual([700016])
  expect((await tenant.requestAsRobot('common')).body.error_codes).toEqual([50194])
  expect((await tenant.requestAsRobot('nobody.example')).body.error_codes).toEqual([90002])
  const lab = await fetch(`${entra.url}/emulator/lab/directory`, {
    headers: { 'x-emulator-tenant': 'found.example' },
  })
  expect(await lab.text()).toContain('user-of-Found')
  const device = { client_id: tenant.ids.clients.shop, scope: 'openid' }
  const { body, response } = await tenant.post('devicecode', device, 'organizations')
  expect(body.verification_uri).toBe(`${tenant.authority}/oauth2/deviceauth`)
  expect((await fetch(`${body.verification_uri}?otc=${body.user_code}`)).status).toBe(200)
  expect(response.status).toBe(200)
  const form = { grant_type: 'device_code', client_id: device.client_id, device_code: body.device_code }
  const waiting = await tenant.post('token', form, 'common')
  expect(waiting.body.error).toBe('authorization_pending')
  const fromPage = await tenant.post('token', form, 'common', { origin: 'http://localhost:3000' })
  expect(fromPage.response.headers.get('access-control-allow-origin')).toBe('http://localhost:3000')
  const { requests } = (await tenant.control('GET', 'requests')).body
  expect(requests.map(({ path }: { path: string }) => path)).toContain('/common/oauth2/v2.0/token')
  const endpoint = encodeURIComponent(`${tenant.authority}/oauth2/v2.0/authorize`)
  const instance = `/common/discovery/instance?api-version=1.1&authorization_endpoint=${endpoint}`
  expect((await sendJson(entra, 'GET', instance)).body.tenant_discovery_endpoint).toContain(tenant.tenantId)
})

it('a deleted tenant is gone for Graph and the control plane, and its hanging requests end', async () => {
  const tenant = await makeTenant('gone')
  const token = (await tenant.requestAsRobot()).body.access_token
  await tenant.control('PUT', 'faults', { faults: [{ target: { leg: 'token' }, fault: { kind: 'hang' } }] })
  const hanging = tenant.requestAsRobot().catch((error: unknown) => String(error))
  await expect.poll(async () => (await tenant.control('GET', 'requests')).body.requests.length).toBe(2)
  const remove = () => sendJson(entra, 'DELETE', `/emulator/tenants/${tenant.tenantId}`)
  expect((await Promise.all([remove(), remove()])).map(({ status }) => status).sort()).toEqual([204, 404])
  expect(await hanging).toContain('fetch failed')
  const { status, body } = await tenant.askGraph(token)
  expect([status, body.error.code]).toEqual([401, 'InvalidAuthenticationToken'])
  expect((await tenant.requestAsRobot()).body.error_codes).toEqual([90002])
  expect((await tenant.control('POST', 'reset')).body.detail).toMatch(
    /^There is no tenant ".+"; there is cont/,
  )
  expect((await sendJson(entra, 'DELETE', `/emulator/tenants/${firstId}`)).status).toBe(409)
})

it('tokens that say to be of another tenant are refused by it', async () => {
  const [one, other] = [await makeTenant('one'), await makeTenant('other')]
  const forged = {
    client: 'robot',
    resource: 'graph',
    roles: ['User.ReadBasic.All'],
    claims: { tid: other.tenantId },
  }
  const { body } = await one.control('POST', 'tokens', forged)
  expect((await one.askGraph(body.access_token)).status).toBe(401)
  const unsigned = (await other.requestAsRobot()).body.access_token.replace(/[^.]+$/, 'AAAA')
  expect((await one.askGraph(unsigned)).status).toBe(401)
})

it('a tenant can extend the demo’s, whose variables it does not have', async () => {
  const { status, body } = await sendJson(entra, 'POST', '/emulator/tenants', {
    extends: 'demo',
    tenant: 'copy',
  })
  expect([status, body.domain, body.ids.clients['weather-agent']]).toEqual([201, 'copy.example', agentId])
  const form = {
    client_id: blueprintAppId,
    client_secret: 'blueprint-secret',
    grant_type: 'client_credentials',
  }
  const scope = 'api://AzureADTokenExchange/.default'
  const refused = await sendForm(`${entra.url}/copy.example/oauth2/v2.0/token`, {
    ...form,
    scope,
    fmi_path: agentId,
  })
  expect(refused.body.error_codes).toEqual([7000215])
})

it('two creations of one tenant at once make one', async () => {
  const create = (seed: object) => sendJson(entra, 'POST', '/emulator/tenants', seed)
  const both = await Promise.all([create({ tenant: 'twin' }), create({ tenant: 'twin' })])
  expect(both.map(({ status }) => status).sort()).toEqual([201, 409])
  const again = await create({ tenant: { name: 'else', domain: 'TWIN.example' } })
  expect([again.status, again.body.detail]).toEqual([409, 'There is a tenant "twin.example" already.'])
  const { tenants } = (await sendJson(entra, 'GET', '/emulator/tenants')).body
  expect(tenants.filter(({ domain }: { domain: string }) => domain === 'twin.example')).toHaveLength(1)
})

const post = (body: string) => ({ method: 'POST', body, headers: { 'content-type': 'application/json' } })
// biome-ignore format: table
it.each<[string, string, RequestInit, number, string | RegExp]>([
  ['a seed with faults', '/tenants', post('{"tenant":"x","user":{},"apps":{"a":{"scope":["B"]}}}'), 400, 'the file: "user" is not known here; what is known is tenant, extends, users, groups, apps, blueprints, policies.'],
  ['no seed', '/tenants', post('[]'), 400, 'body must be object.'],
  ['no JSON', '/tenants', post('{'), 400, /JSON/],
  ['__proto__', '/tenants', post('{"tenant":"x","__proto__":{"users":{}}}'), 400, /JSON|prototype/],
  ['a huge seed', '/tenants', post(JSON.stringify({ tenant: 'x'.repeat(200_000) })), 413, 'The body is over the limit.'],
  ['brackets in brackets', '/tenants', post(`{"tenant":"x","users":${'['.repeat(60_000)}${']'.repeat(60_000)}}`), 400, /users/],
  ['a file of this machine', '/tenants', post('{"tenant":"x","apps":{"a":{"certificate":"/etc/passwd"}}}'), 400, 'app "a": its certificate "/etc/passwd" is a file, which only seed files can name: add it by Graph (keyCredentials).'],
  ['a seed over a file of this machine', '/tenants', post('{"extends":"/etc/passwd"}'), 400, 'the file extends "/etc/passwd", which is a file; only seed files can name any.'],
  ['a seed file of this machine', '/tenants', post('{"tenant":"x","extends":"/etc/passwd"}'), 400, 'the file extends "/etc/passwd", which is a file; only seed files can name any.'],
  ['an unknown tenant', '/requests', { headers: { 'x-emulator-tenant': '__proto__' } }, 404, /^There is no tenant "__proto__"; there is /],
  ['an empty name', '/reset', { method: 'POST', headers: { 'x-emulator-tenant': '' } }, 404, /^There is no tenant ""; there is /],
  ['two names', '/reset', { method: 'POST', headers: [['x-emulator-tenant', firstId], ['x-emulator-tenant', firstId]] }, 404, /^There is no tenant "/],
  ['an unknown tenant to delete', '/tenants/%2e%2e%2fx', { method: 'DELETE' }, 404, /^There is no tenant "..\/x"; there is /],
  ['an unknown tenant in the lab', '/lab/controls', { headers: { 'x-emulator-tenant': '<script>' } }, 404, /There is no tenant &/],
  ['a page of another site', '/requests', { headers: { 'x-emulator-tenant': 'x', origin: 'https://evil.example' } }, 403, 'A page of another site sent this request.'],
])('is refused in words: %s', async (_what, path, init, status, words) => {
  const response = await fetch(`${entra.url}/emulator${path}`, init)
  const text = await response.text()
  expect(response.status).toBe(status)
  const detail = path.startsWith('/lab') ? text : JSON.parse(text).detail
  expect(detail).toEqual(typeof words === 'string' ? words : expect.stringMatching(words))
})

it.each([
  '/%zz',
  '/%2e%2e',
  '/%2E',
  '//',
  '/ ',
  '/__proto__',
  '/constructor',
  '/contoso.example%00',
  '/../emulator',
])('a path leads to no tenant: %s', async segment => {
  const path = `${segment.replace(' ', '%20')}/oauth2/v2.0/token`
  const sent = request(entra.url, { path, method: 'POST' }).end('grant_type=x')
  const [response] = await once(sent, 'response')
  response.resume()
  expect([400, 404]).toContain(response.statusCode)
})

it('there is a most of tenants, which is said in words', () => {
  const tenants = new Tenants(readConfig({}), () => createServer(), 1)
  expect(() => tenants.add({ tenant: 'more' })).toThrow('There are 1 tenants, the most that there can be.')
})
