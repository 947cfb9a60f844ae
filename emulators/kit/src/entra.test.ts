import { createServer } from 'node:net'
import { decodeJwt } from 'jose'
import { afterAll, beforeEach, expect, it } from 'vitest'
import { startEntra } from './index.ts'
import { seed } from './testing/seed.ts'

const entra = await startEntra({ seed })
beforeEach(() => entra.reset())
afterAll(() => entra.close())

// biome-ignore lint/suspicious/noExplicitAny: a test reads what it expects, and fails if the body differs
async function read(url: string, init: RequestInit = {}): Promise<any> {
  return (await fetch(url, init)).json()
}

function requestToken(fields: Readonly<Record<string, string>>) {
  const body = new URLSearchParams({ client_id: entra.id('helper'), client_secret: 's3cret', ...fields })
  return read(`${entra.authority}/oauth2/v2.0/token`, { method: 'POST', body })
}
const exchange = () =>
  requestToken({
    grant_type: 'client_credentials',
    scope: 'api://AzureADTokenExchange/.default',
    fmi_path: entra.id('shopper'),
  })

it('Names in the seed stand for ids, and a wrong one ends in those that there are', async () => {
  expect(entra.id('ben')).toBe(seed.users.ben.id)
  expect(entra.authority).toBe(`${entra.url}/${entra.tenantId}`)
  const { issuer } = await read(`${entra.authority}/v2.0/.well-known/openid-configuration`)
  expect(issuer).toBe(entra.issuer)
  expect(() => entra.id('eve')).toThrow(
    'The seed has nobody of the name "eve": users ada, ben; groups buyers; clients graph, orders, shop, helper, keyless, shopper, trainee.',
  )
})

it('A token has the claims and the lifetime that the test wants', async () => {
  const wanted = { client: 'shopper', resource: 'orders', user: 'ada', scopes: ['Orders.Read'] }
  const token = await entra.issueToken({ ...wanted, lifetimeSeconds: -60, claims: { ver: '9.0' } })
  const claims = decodeJwt(token)
  expect(claims).toMatchObject({
    ver: '9.0',
    scp: 'Orders.Read',
    azp: entra.id('shopper'),
    oid: entra.id('ada'),
  })
  expect(claims.exp).toBeLessThan(Date.now() / 1_000)
  await expect(entra.issueToken({ ...wanted, client: 'eve' })).rejects.toThrow('has no client "eve"; it has')
})

it('A user signs in as in a browser, and Entra’s refusals have its codes', async () => {
  const scope = `api://${entra.id('helper')}/access_as_user openid`
  const { access_token, id_token = '' } = await entra.signIn({ app: 'shop', user: 'ada', scope })
  expect(decodeJwt(access_token)['scp']).toBe('access_as_user')
  expect(decodeJwt(id_token)['oid']).toBe(entra.id('ada'))
  const wrong = entra.signIn({ app: 'shop', user: 'ada', scope: `api://${entra.id('orders')}/Orders.Red` })
  await expect(wrong).rejects.toMatchObject({ name: 'EntraRefusal', aadsts: 650053 })
})

it('A fault lasts until it is disposed, or as many times as the test says', async () => {
  {
    using _ = entra.fault('t1', 50053)
    expect((await exchange()).error_codes).toEqual([50053])
    expect(entra.requests.at(-1)).toMatchObject({ leg: 't1', aadsts: 50053, isInjected: true })
  }
  expect((await exchange()).access_token).toBeTypeOf('string')
  const fault = entra.fault('token', { kind: 'refuse', code: 90055, retryAfterSeconds: 1 }, { times: 2 })
  for (const codes of [[90055], [90055], undefined]) expect((await exchange()).error_codes).toEqual(codes)
  fault[Symbol.dispose]()
  // @ts-expect-error a leg that does not exist
  expect(() => entra.fault('t4', 50053)).toThrow(/leg must be one of t1, t2, .*"t4"/)
  expect(() => entra.fault('t1', 0)).toThrow('This fault cannot be; the kinds are hang, reset, ')
})

it('The clock moves, keys turn, and a reset brings back all but the keys', async () => {
  entra.clock.advance(3_700)
  expect(entra.clock.now.getTime() - Date.now()).toBeGreaterThan(3_600_000)
  entra.clock.set(new Date('2030-01-01T00:00:00Z'))
  entra.changeSettings({ tokenLifetimeSeconds: 60 })
  const token = await entra.issueToken({ client: 'trainee', resource: 'orders' })
  expect(new Date((decodeJwt(token).exp ?? 0) * 1_000).toISOString()).toMatch(/^2030-01-01T00:01/)
  await entra.rotateKeys()
  const { keys } = await read(`${entra.authority}/discovery/v2.0/keys`)
  expect(keys).toHaveLength(2)
  entra.reset()
  expect(entra.requests).toEqual([])
  expect(Math.abs(entra.clock.now.getTime() - Date.now())).toBeLessThan(2_000)
  expect(() => entra.clock.advance(1e12)).toThrow('clockOffsetSeconds')
  expect(() => entra.changeSettings({ speed: 2 })).toThrow('speed is not known here')
})

it('Over https this process trusts the certificate, by each of its names', async () => {
  await using other = await startEntra({ seed, tls: true, publicUrl: 'https://entra.test' })
  expect(other.ca).toContain('BEGIN CERTIFICATE')
  expect(other.issuer).toBe(`https://entra.test/${other.tenantId}/v2.0`)
  await using byPort = await startEntra({ seed, tls: true })
  const { port } = new URL(byPort.url)
  expect((await fetch(`https://127.0.0.1:${port}/livez`)).status).toBe(200)
  expect((await fetch(`${byPort.url}/livez`)).status).toBe(200)
})

it('All faults of a seed are told at once, and so is a port that is taken', async () => {
  const start = startEntra({ seed: { tenant: 'acme', users: { ada: { groop: [] } }, app: {} } })
  await expect(start).rejects.toThrow(/The seed: the file: "app" is not known here/)
  const cyclic: Record<string, unknown> = { tenant: 'acme' }
  cyclic['users'] = cyclic
  await expect(startEntra({ seed: cyclic })).rejects.toThrow('circular')
  // @ts-expect-error no seed
  await expect(startEntra({ sed: seed })).rejects.toThrow('startEntra needs a seed')
  await expect(startEntra({ seed: 'nowhere.yaml' })).rejects.toThrow(
    /nowhere\.yaml: the file can't be read \(ENOENT\)/,
  )
  const taken = createServer().listen(0, 'localhost')
  await new Promise(resolve => taken.once('listening', resolve))
  const { port } = taken.address() as { port: number }
  await expect(startEntra({ seed, port })).rejects.toThrow(`Port ${port} is taken.`)
  taken.close()
})
