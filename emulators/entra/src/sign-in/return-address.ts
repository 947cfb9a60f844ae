import type { FastifyReply, FastifyRequest } from 'fastify'
import { type Platform, platforms } from '../directory/objects.ts'
import type { Entra } from '../entra.ts'
import { describeRefusal, type EntraError, refusal } from '../errors/entra-error.ts'
import { type Client, findClient, isAgentic } from '../oauth/client.ts'
import { sendFormPost } from './html.ts'

export type Query = Readonly<Record<string, string | undefined>>

/** A request that a browser sends to a page of the tenant. */
export interface PageRoute {
  Params: { tenant: string }
  Querystring: Query
  /** The form that the browser posted, if any. */
  Body: URLSearchParams | undefined
}

const modes = ['query', 'fragment', 'form_post'] as const

/** Where the response to an authorization request goes. */
export type ReturnAddress = Readonly<ReturnType<typeof readReturnAddress>['returnAddress']>

/** Reads and validates client and redirect URI. If one is invalid, the refusal is shown on a page and not redirected. */
export function readReturnAddress(entra: Entra, tenant: string, query: Query) {
  const clientId = query['client_id']
  if (!clientId) throw refusal(900144, { parameter: 'client_id' })
  const client = findClient(entra, clientId, tenant)
  const registered = redirectUrisOf(entra, query, client)
  const redirectUri = query['redirect_uri'] ?? registered[0]?.uri ?? ''
  const platform = registered.find(one => matches(one, redirectUri))?.platform
  if (platform === undefined) throw refusal(50011, { uri: redirectUri, client: clientId })
  const usual = query['response_type']?.includes('id_token') ? 'fragment' : 'query'
  const mode = modes.find(one => one === (query['response_mode'] ?? usual))
  if (mode === undefined) throw refusal(70007, { mode: query['response_mode'] ?? '' })
  return { client, returnAddress: { redirectUri, platform, mode, state: query['state'] } }
}

interface RegisteredUri {
  readonly platform: Platform
  readonly uri: string
}

/** Native applications listen at any free port of the machine, so that the port of a loopback address is not compared (RFC 8252 §7.3). */
function matches({ platform, uri }: RegisteredUri, redirectUri: string): boolean {
  if (uri === redirectUri) return true
  const [registered, wanted] = [URL.parse(uri), URL.parse(redirectUri)]
  if (platform !== 'publicClient' || !registered || !wanted) return false
  if (!['localhost', '127.0.0.1'].includes(registered.hostname) || registered.protocol !== 'http:')
    return false
  wanted.port = registered.port
  return wanted.href === registered.href
}

/** The redirect URIs of a client. An agent identity uses those of its blueprint, and only for consent. */
function redirectUrisOf(entra: Entra, query: Query, client: Client): readonly RegisteredUri[] {
  const { application, principal } = client
  if (principal.document)
    return principal.document.redirectUris.map(uri => ({ platform: 'publicClient', uri }))
  if (!isAgentic(client))
    return platforms.flatMap(platform =>
      (application?.[platform].redirectUris ?? []).map(uri => ({ platform, uri })),
    )
  const { web } = entra.directory.application(principal.agentIdentityBlueprintId ?? '') ?? {}
  const isKnown = web?.redirectUris.includes(query['redirect_uri'] ?? '') === true
  if (!web || !(isKnown || query['response_type'] === 'none'))
    throw principal.kind === 'agentIdentity' && query['prompt']?.includes('consent')
      ? refusal(82014, { client: principal.appId })
      : refusal(82001, { client: principal.appId, what: 'tokens by signing users in' })
  if (entra.settings.current.agentConsent === 'refused') throw refusal(82014, { client: principal.appId })
  return web.redirectUris.map(uri => ({ platform: 'web', uri }))
}

/** Sends the browser to the application with the response's parameters and the request's `state`. */
export function sendBack(
  reply: FastifyReply,
  { redirectUri, mode, state }: ReturnAddress,
  parameters: Readonly<Record<string, string | undefined>>,
): FastifyReply {
  const response = new URLSearchParams()
  for (const [name, value] of Object.entries({ ...parameters, state })) {
    if (value !== undefined) response.set(name, value)
  }
  const status = reply.request.method === 'POST' ? 303 : 302
  reply.header('cache-control', 'no-store, no-cache')
  if (response.size === 0) return reply.redirect(redirectUri, status)
  if (mode === 'form_post') return sendFormPost(reply, redirectUri, response)
  const separator = mode === 'fragment' ? '#' : redirectUri.includes('?') ? '&' : '?'
  return reply.redirect(`${redirectUri}${separator}${response}`, status)
}

export function sendBackRefusal(reply: FastifyReply, address: ReturnAddress, error: EntraError) {
  const { trace, entra } = reply.request
  return sendBack(reply, address, {
    error: error.error,
    error_subcode: error.code === 65004 ? 'cancel' : undefined,
    error_description: describeRefusal(error, trace),
    error_uri: `${entra.publicUrl}/error?code=${error.code}`,
    suberror: error.suberror,
    claims: error.claims,
  })
}

/** Only the emulator's own pages may post here: otherwise any site could sign its visitor in as a user whom the site chooses. */
export function refuseOtherSites(request: FastifyRequest): void {
  const site = request.headers['sec-fetch-site']
  if (site === undefined || site === 'same-origin') return
  throw refusal(9002313, { what: `form of another site (${site})` }, { error: 'invalid_request' })
}
