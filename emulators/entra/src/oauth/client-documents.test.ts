import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { decodeJwt } from 'jose'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { ada, Browser } from '../testing/browser.ts'
import { makeCertificate } from '../testing/certificate.ts'
import { describeResponses, describeVisits } from '../testing/describe-responses.ts'
import { sendJson } from '../testing/requests.ts'
import { requestToken, startEntra, startEntraForFile, weatherAppId } from '../testing/start-entra.ts'
import { isPublicAddress } from './public-request.ts'

const redirectUri = 'http://127.0.0.1/callback'
const scope = `api://${weatherAppId}/Weather.Read offline_access`

const entra = await startEntraForFile({ CLIENT_DOCUMENT_HOSTS: 'localhost' })
const certificate = makeCertificate('localhost')
const trusted = getCACertificates('default')
/** Paths of the requests that the host of documents got. */
const seen: string[] = []
const documents = createServer(
  { cert: certificate.certificate, key: certificate.key },
  (request, response) => {
    seen.push(request.url ?? '')
    serveDocument(request, response)
  },
)
beforeAll(async () => {
  setDefaultCACertificates([...trusted, certificate.certificate])
  await new Promise<void>(listening => documents.listen(0, 'localhost', listening))
})
afterAll(() => {
  setDefaultCACertificates(trusted)
  documents.closeAllConnections()
  documents.close()
  certificate[Symbol.dispose]()
})

const port = () => (documents.address() as AddressInfo).port
const at = (path: string, host = 'localhost') => `https://${host}:${port()}${path}`

/** What the host of documents says at each path, and at others a document for that path. */
const answers: Readonly<Record<string, object>> = {
  '/wrong-id': { client_id: 'https://other.example/client' },
  '/no-redirect': { redirect_uris: [] },
  '/script': { redirect_uris: ['javascript:alert(1)'] },
  '/line': { redirect_uris: ['https://evil.example/\nset-cookie: a=b'] },
  '/plain-http': { redirect_uris: ['http://evil.example/'] },
  '/secret': { token_endpoint_auth_method: 'client_secret_post' },
  '/huge': { padding: 'x'.repeat(70_000) },
  '/numbers': { client_name: 7 },
  '/nameless': { client_name: undefined },
}

function serveDocument({ url = '' }: IncomingMessage, response: ServerResponse): void {
  const type = url === '/html' ? 'text/html' : 'application/json; charset=utf-8'
  response.setHeader('content-type', type)
  if (url === '/slow') return void response.write('{')
  if (url === '/hang') return
  if (url === '/redirect') return void response.writeHead(302, { location: '/client.json' }).end()
  if (url === '/missing') return void response.writeHead(404).end()
  if (url === '/deep') return void response.end('['.repeat(60_000))
  if (url === '/deep-whole') return void response.end(`${'['.repeat(30_000)}${']'.repeat(30_000)}`)
  const names = { client_id: at(url), client_name: 'Ada’s <b>editor</b>', redirect_uris: [redirectUri] }
  response.end(JSON.stringify({ ...names, ...answers[url] }))
}

const open = (client_id: string, more: Readonly<Record<string, string | undefined>> = {}) =>
  new Browser(entra).open({ client_id, redirect_uri: 'http://127.0.0.1:5/callback', scope, ...more })

it('a client with a document signs a user in after consent, as an agent identity with a public client’s tokens', async () => {
  const app = at('/client.json')
  const order = { app, user: 'Ada Osei', scope, redirectUri: 'http://127.0.0.1:49152/callback' }
  const { status, body } = await sendJson(entra, 'POST', '/emulator/sign-in', order)
  expect(status).toBe(200)
  const agent = entra.entra.directory.principal(app)
  expect(agent).toMatchObject({ kind: 'agentIdentity', agentIdentityBlueprintId: null })
  const claims = { azp: agent?.id, azpacr: '0', oid: ada, scp: 'Weather.Read', xms_act_fct: '9 3 11' }
  expect(decodeJwt(body.access_token)).toMatchObject(claims)
  const refresh = { client_id: app, grant_type: 'refresh_token', refresh_token: body.refresh_token }
  expect((await requestToken(entra, refresh)).status).toBe(200)
  const page = new Browser(entra)
  const consent = { client_id: app, redirect_uri: redirectUri, scope, prompt: 'consent' }
  expect(await (await page.answer({}, consent)).text()).toContain('Ada’s &#60;b&#62;editor&#60;/b&#62;')
  expect((await sendJson(entra, 'GET', '/emulator/directory')).body.agents.at(-1)).toMatchObject({
    id: agent?.id,
    may: [{ api: 'Weather API', scope: 'Weather.Read', user: 'Ada Osei' }],
  })
})

it('a document is fetched once in five minutes, even by requests at the same time, and again after a reset', async () => {
  const before = seen.length
  await Promise.all([open(at('/once')), open(at('/once')), open(at('/once'))])
  await open(at('/once'))
  expect(seen.slice(before)).toEqual(['/once'])
  entra.entra.reset()
  await open(at('/once'))
  expect(seen.slice(before)).toEqual(['/once', '/once'])
})

it('a client with a document has code and PKCE only, at the redirect URIs of its document', async () => {
  const app = at('/client.json')
  const visits = await describeVisits(entra, {
    'its redirect URI': () => open(app),
    'another redirect URI': () => open(app, { redirect_uri: 'http://127.0.0.1:5/other' }),
    'no PKCE': () => open(app, { code_challenge: undefined, code_challenge_method: undefined }),
    'consent by administrators only': () => {
      entra.entra.settings.change({ agentConsent: 'admin' })
      return new Browser(entra).answer({}, { client_id: app, redirect_uri: redirectUri, scope })
    },
  })
  const grants = [
    'client_credentials',
    'urn:ietf:params:oauth:grant-type:jwt-bearer',
    'user_fic',
    'device_code',
  ]
  const requests = grants.map(grant_type => [
    grant_type,
    () => requestToken(entra, { client_id: app, grant_type, client_secret: 'x', scope: 'x/.default' }),
  ])
  const text = `${visits}${await describeResponses(entra, Object.fromEntries(requests))}`
  const { id = '' } = entra.entra.directory.principal(app) ?? {}
  const named = text.replaceAll(String(port()), '<port>').replaceAll(id || 'none', '<client>')
  await expect(named).toMatchFileSnapshot('client-documents.txt')
})

it('hostile documents and addresses are refused with a sentence, and nothing is fetched inside', async () => {
  const paths = [
    '/wrong-id',
    '/no-redirect',
    '/script',
    '/line',
    '/plain-http',
    '/secret',
    '/huge',
    '/numbers',
    '/nameless',
  ]
  const bad = [...paths, '/html', '/redirect', '/missing', '/deep', '/deep-whole']
  const fetched = bad.map(path => at(path))
  const inside = [
    at('/client.json').replace('https', 'http'),
    at('/client.json', 'user:word@localhost'),
    at('/client.json#part'),
    at('/'),
    at('/a/../client.json'),
    at('/client.json', 'LOCALHOST'),
    at('/client.json', '127.0.0.1'),
    at('/client.json', '2130706433'),
    at('/client.json', '[::1]'),
    at('/client.json', '[::ffff:7f00:1]'),
    at('/client.json', '[::ffff:127.0.0.1]'),
    'https://169.254.169.254/latest/meta-data',
    'https://10.0.0.1/client.json',
    'https://',
    `https://localhost/${'x'.repeat(3_000)}`,
  ]
  const visits = [...fetched, ...inside].map(url => [url.slice(0, 70), () => open(url)] as const)
  const before = seen.length
  const text = await describeVisits(entra, Object.fromEntries(visits))
  await expect(text.replaceAll(String(port()), '<port>')).toMatchFileSnapshot('hostile-documents.txt')
  expect(seen.slice(before)).toEqual(bad)
  expect(entra.entra.directory.content.servicePrincipals.some(one => one.document)).toBe(false)
})

it('a host that is slow or silent is given up after 5 s', async () => {
  const timeout = AbortSignal.timeout
  vi.spyOn(AbortSignal, 'timeout').mockImplementation(ms => timeout(ms / 20))
  const visits = { slow: () => open(at('/slow')), silent: () => open(at('/hang')) }
  for (const line of (await describeVisits(entra, visits)).trim().split('\n'))
    expect(line).toMatch(/is not accepted: it took longer than 5 s\.$/)
})

it('without the setting, no name of a private address is fetched, at the page or at the token endpoint', async () => {
  await using guarded = await startEntra()
  const before = seen.length
  const app = at('/client.json')
  const grant = { client_id: app, grant_type: 'authorization_code', code: 'x' }
  const { status, body } = await requestToken(guarded, grant)
  expect([status, body.error_codes]).toEqual([400, [700016]])
  expect(body.error_description).toContain('its address is not public')
  expect(await (await new Browser(guarded).open({ client_id: app })).text()).toContain('is not public')
  expect(seen).toHaveLength(before)
})

it('addresses of special networks are not public', () => {
  const inside = [
    '127.0.0.1',
    '10.1.2.3',
    '172.31.0.1',
    '192.168.1.1',
    '169.254.169.254',
    '100.64.0.1',
    '0.0.0.0',
  ]
  const other = ['224.0.0.1', '255.255.255.255', '::1', '::', 'fe80::1', 'fe80::1%eth0', 'fd00::1', 'ff02::1']
  const disguised = [
    '::ffff:10.0.0.1',
    '::ffff:8.8.8.8',
    '64:ff9b::a00:1',
    '2002:a00:1::',
    '2001::1',
    '::7f00:1',
  ]
  expect([...inside, ...other, ...disguised].filter(isPublicAddress)).toEqual([])
  const outside = ['8.8.8.8', '172.32.0.1', '2606:4700:4700::1111', '2a00:1450::1']
  expect(outside.filter(isPublicAddress)).toEqual(outside)
})
