import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { startTestServer } from '@entra-agents/identity/testing/stage'
import { expect, it } from 'vitest'
import { folderWith, run } from '../../../../tests/support/agentctl.ts'
import type { Finding } from '../../src/doctor/finding.ts'
import { examineMcp } from '../../src/doctor/mcp/mcp.ts'
import { sectionOf } from './support/table.ts'

const tenant = '11111111-2222-4333-8444-555555555555'
const client = '99999999-0000-4000-8000-000000000071'
const api = '99999999-0000-4000-8000-0000000000a1'
const scope = `api://${api}/Read`

const serve = async (respond: RequestListener) => (await startTestServer(respond)).url

/** How a server, or Entra, differs from one with which everything works. Texts may name the server’s own origin: SELF. */
interface Difference {
  /** The path that clients call. Default: /mcp */
  readonly path?: string
  /** Answers a request to the server; the usual answer follows if it does not. */
  readonly respond?: (request: IncomingMessage, response: ServerResponse) => unknown
  /** The value of WWW-Authenticate. */
  readonly challenge?: string
  /** Members of the metadata that differ. */
  readonly metadata?: object
  readonly client?: string
  /** What Entra says at the sign-in. */
  readonly code?: string
}

const json = (response: ServerResponse, value: unknown) =>
  response.setHeader('content-type', 'application/json').end(JSON.stringify(value))

/** Entra, as far as a client needs it before a user signs in; every other address of it fails the test. */
async function startEntra(code?: string): Promise<string> {
  const entra: string = await serve(({ url = '' }, response) => {
    const { pathname, searchParams } = new URL(url, entra)
    if (pathname === `/${tenant}/oauth2/v2.0/authorize`) {
      const error = code ? `invalid_request&error_description=${code}: no` : 'login_required'
      response.writeHead(302, { location: `${searchParams.get('redirect_uri')}?error=${error}` }).end()
    } else if (pathname === `/${tenant}/v2.0/.well-known/openid-configuration`)
      json(response, { issuer: `${entra}/${tenant}/v2.0` })
    else if (pathname.endsWith('/.well-known/openid-configuration'))
      json(response, { issuer: `https://sts.windows.net/${tenant}/` })
    else response.writeHead(404).end()
  })
  return entra
}

/** What the doctor says of a server: without what is in order, unless everything is, and without what it could not look at therefore. */
async function lookAt(title: string, different: Difference): Promise<string> {
  const entra = await startEntra(different.code)
  const place = 'SELF/.well-known/oauth-protected-resource/mcp'
  const { path = '/mcp', challenge = `Bearer scope="${scope}", resource_metadata="${place}"` } = different
  const metadata = {
    resource: 'SELF/mcp',
    authorization_servers: [`${entra}/${tenant}/v2.0`],
    scopes_supported: [scope],
  }
  const named = (text: string) => text.replaceAll('SELF', self).replaceAll('ENTRA', entra)
  const self: string = await serve((request, response) => {
    if (different.respond?.(request, response) || response.headersSent) return
    if (request.url?.startsWith('/.well-known/oauth-protected-resource'))
      json(response, JSON.parse(named(JSON.stringify({ ...metadata, ...different.metadata }))))
    else response.writeHead(401, { 'www-authenticate': named(challenge) }).end()
  })
  const findings = await examineMcp({
    url: `${self}${path}`,
    client: different.client ?? client,
    authority: entra,
  })
  const isGood = Object.keys(different).length === 0
  const isNew = ({ status, detail }: Finding) => status !== 'PASS' && !detail.startsWith('Not looked at')
  return sectionOf(
    title,
    findings.filter(finding => isGood || isNew(finding)),
  )
}

const answer =
  (status: number, headers: Record<string, string>, body = '') =>
  (_request: IncomingMessage, response: ServerResponse) =>
    response.writeHead(status, headers).end(body)

const onMetadata =
  (respond: (request: IncomingMessage, response: ServerResponse) => unknown) =>
  (request: IncomingMessage, response: ServerResponse) =>
    request.method === 'GET' ? respond(request, response) : undefined

const html = { 'content-type': 'text/html' }
const endless = (_request: IncomingMessage, response: ServerResponse) => {
  response.writeHead(200, { 'content-type': 'application/json' })
  const more = () => response.write('['.repeat(65_536), error => error || more())
  more()
}

// biome-ignore format: table
const servers: readonly (readonly [what: string, different: Difference])[] = [
  ['everything is as clients want it', {}],
  ['it answers anybody', { respond: answer(200, {}, '{}') }],
  ['it never answers', { respond: () => true }],
  ['it sends without an end', { respond: endless }],
  ['it believes a token that nobody has signed', { respond: ({ headers }, response) => headers.authorization && response.end('{}') }],
  ['it forbids in place of asking for a token', { respond: answer(403, {}) }],
  ['it redirects to a sign-in page', { respond: answer(302, { location: 'https://elsewhere.example/sign-in?state=secret' }) }],
  ['a web page is there', { respond: answer(404, html, '<h1>Nothing here</h1>') }],
  ['it asks for a password', { challenge: 'Basic realm="mcp"' }],
  ['its challenge names no metadata', { challenge: 'Bearer' }],
  ['its metadata are at another origin', { challenge: 'Bearer resource_metadata="http://169.254.169.254/latest/meta-data"' }],
  ['its metadata redirect elsewhere', { respond: onMetadata(answer(307, { location: 'http://169.254.169.254/' })) }],
  ['a page is in the place of its metadata', { challenge: 'Bearer', respond: onMetadata(answer(200, html, '<h1>Hello</h1>')) }],
  ['its metadata never end', { respond: onMetadata(endless) }],
  ['its metadata lack what clients need', { metadata: { authorization_servers: [] } }],
  ['its metadata are of another server', { metadata: { resource: `api://${api}` } }],
  ['its metadata have no path', { metadata: { resource: 'SELF' } }],
  ['its address has a slash at the end', { path: '/mcp/', metadata: { resource: 'SELF/mcp/' } }],
  ['it names no scope', { challenge: 'Bearer', metadata: { scopes_supported: undefined } }],
  ['its scopes are bare names', { challenge: 'Bearer', metadata: { scopes_supported: ['Read', 'offline_access'] } }],
  ['its scopes are of several APIs', { challenge: `Bearer scope="${scope} https://graph.microsoft.com/User.Read"` }],
  ['it mixes .default with a scope', { challenge: `Bearer scope="${scope} api://${api}/.default"` }],
  ['it names Entra’s tokens of version 1', { metadata: { authorization_servers: [`ENTRA/${tenant}`] } }],
  ['a gateway stands for Entra', { metadata: { authorization_servers: ['SELF'] } }],
  ['its texts hide something', { metadata: { resource: '\u202Emoc.live\u0007\u001B[2J', authorization_servers: ['https://e.example/\u2066x'] } }],
  ['its texts are long', { metadata: { resource: 'x'.repeat(60_000) } }],
  ['Entra refuses the resource', { code: 'AADSTS9010010' }],
  ['Entra does not know the client', { code: 'AADSTS700016' }],
  ['the client has no redirect URI on this machine', { code: 'AADSTS50011' }],
  ['client and API are one', { client: api }],
  ['nobody named a client', { client: '' }],
]

it('agentctl doctor --mcp needs no .env, and shows neither a key nor a hidden character', async () => {
  const url = await serve(answer(404, { 'content-type': 'text/plain' }, 'Not \u2066here\u009B2J'))
  const cwd = folderWith()
  const { code, output } = await run({ args: ['doctor', '--json', '--mcp', `${url}/mcp?code=s3cret`], cwd })
  expect([code, JSON.parse(output).status]).toEqual([1, 'FAIL'])
  expect(output).toContain('404 and “Not \\u2066here\\u009b2J”')
  expect(output).not.toContain('s3cret')
  const refused = await run({ args: ['doctor', '--mcp', 'https://me:s3cret@mcp.example/mcp'], cwd })
  expect([refused.code, refused.said.includes('s3cret')]).toEqual([2, false])
})

it('The doctor asks an MCP server as a client would, and says what will go wrong', async () => {
  const sections = await Promise.all(servers.map(([what, different]) => lookAt(what, different)))
  await expect(sections.join('')).toMatchFileSnapshot('mcp.txt')
})
