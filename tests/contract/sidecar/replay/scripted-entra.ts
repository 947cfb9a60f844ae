import type { IncomingMessage, ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import { setTimeout as delay } from 'node:timers/promises'
import { LocalServer } from '@entra-agents/service-kit/testing/local-server'
import { decodeToken } from '@entra-agents/tokens/verify'
import type { Behaviour, Grant } from './entra-behaviour.ts'
import type { EntraRequest, Json } from './recording.ts'
import { newJwk, oldJwk, signByEntra } from './tokens.ts'

/** The authority of the recordings. */
export const recordedInstance = 'https://login.microsoftonline.com'

const tenant = '11111111-2222-4333-8444-555555555555'
const apiId = 'aaaaaaaa-0000-4000-8000-00000000000a'
const exchangeAudience = 'fb60f99c-7a34-4190-8149-302f77469936'
const lifetimeSeconds = 3605
const tokenFields = new Set(['assertion', 'client_assertion', 'user_federated_identity_credential'])

export interface ScriptedEntraOptions {
  readonly behaviour: Behaviour
  readonly nowSeconds: () => number
  /** The factor by which waiting is faster than in the recording. */
  readonly speed: number
}

/** An Entra on a local port that behaves as in a recording and records its requests. */
export class ScriptedEntra extends LocalServer {
  readonly #options: ScriptedEntraOptions
  #requests: EntraRequest[] = []
  #tokenRequests = 0
  /** Number of token requests that the sidecar aborted before they had a response. */
  abandoned = 0
  #issued = 0
  #keys = [oldJwk]

  constructor(options: ScriptedEntraOptions) {
    super((request, response) => void this.#respond(request, response))
    this.#options = options
  }

  publishNewKey(): void {
    this.#keys = [oldJwk, newJwk]
  }

  /** The number of requests since `takeRequests` was last called. */
  get pendingRequests(): number {
    return this.#requests.length
  }

  /** Returns the requests since it was last called. */
  takeRequests(): readonly EntraRequest[] {
    const taken = this.#requests
    this.#requests = []
    return taken
  }

  async #respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await text(request)
    const { method = '', url = '' } = request
    const path = url.replaceAll(encodeURIComponent(this.url), encodeURIComponent(recordedInstance))
    if (method === 'POST') {
      const form = new URLSearchParams(body)
      this.#requests.push({ method, path, headers: request.headers, form: this.#readForm(form) })
      await this.#respondToTokenRequest(form, response)
    } else {
      this.#requests.push({ method, path })
      this.#sendDocument(path, response)
    }
  }

  #sendDocument(path: string, response: ServerResponse): void {
    if (path.startsWith('/common/discovery/instance')) {
      const hosts = [new URL(this.url).host, new URL(recordedInstance).host]
      const metadata = { preferred_network: hosts[0], preferred_cache: hosts[0], aliases: hosts }
      const endpoint = `${this.url}/${tenant}/v2.0/.well-known/openid-configuration`
      sendJson(response, 200, {
        tenant_discovery_endpoint: endpoint,
        'api-version': '1.1',
        metadata: [metadata],
      })
    } else if (!this.#options.behaviour.keysAvailable)
      sendJson(response, 503, { error: 'temporarily_unavailable' })
    else if (path.endsWith('/discovery/v2.0/keys')) sendJson(response, 200, { keys: this.#keys })
    else {
      const issuer = path.includes('/v2.0/')
        ? `${recordedInstance}/${tenant}/v2.0`
        : `https://sts.windows.net/${tenant}/`
      sendJson(response, 200, { issuer, jwks_uri: `${this.url}/${tenant}/discovery/v2.0/keys` })
    }
  }

  async #respondToTokenRequest(form: URLSearchParams, response: ServerResponse): Promise<void> {
    this.#tokenRequests += 1
    const outcome = this.#options.behaviour.outcome(form, this.#tokenRequests)
    if (outcome.kind === 'destroy') response.destroy()
    else if (outcome.kind === 'response')
      response.writeHead(outcome.status, outcome.headers).end(outcome.body)
    else if (outcome.kind === 'hang') {
      response.once('close', () => {
        this.abandoned += 1
      })
    } else {
      await outcome.after
      await delay((outcome.afterMs ?? 0) / this.#options.speed)
      sendJson(response, 200, this.#grant(form, outcome))
    }
  }

  #grant(
    form: URLSearchParams,
    { expiresInSeconds = lifetimeSeconds, refreshInSeconds, scope, leftOut = '' }: Grant,
  ): Json {
    const claims = claimsOf(form)
    this.#issued += 1
    const now = this.#options.nowSeconds()
    const times = { iat: now, nbf: now, exp: now + expiresInSeconds }
    const ids = { tid: tenant, ver: '2.0', uti: `n${this.#issued}` }
    const accessToken = signByEntra({ ...times, ...ids, ...claims, ...readAuthenticationContexts(form) })
    const tokens = { refresh_token: 'r3', id_token: accessToken, client_info: 'e30' }
    return {
      token_type: 'Bearer',
      expires_in: expiresInSeconds,
      ext_expires_in: expiresInSeconds,
      ...(refreshInSeconds === undefined ? {} : { refresh_in: refreshInSeconds }),
      access_token: accessToken,
      ...(claims['scp'] === undefined ? {} : { scope: scope ?? grantedScopes(form), ...tokens }),
      [leftOut]: undefined,
    }
  }

  /** The fields of a request. Assertions are decoded, with the recording's authority in place of this server's URL. */
  #readForm(form: URLSearchParams): Json {
    return Object.fromEntries(
      Array.from(form, ([name, value]) => {
        const token = tokenFields.has(name) ? decodeToken(value) : undefined
        if (!token) return [name, value]
        const { aud } = token.claims
        const audience = typeof aud === 'string' ? aud.replace(this.url, recordedInstance) : aud
        return [name, { claims: { ...token.claims, aud: audience }, header: token.header }]
      }),
    )
  }
}

function claimsOf(form: URLSearchParams): Json {
  const clientId = form.get('client_id')
  const resource = { iss: `${recordedInstance}/${tenant}/v2.0`, aud: apiId, azp: clientId, azpacr: '2' }
  switch (form.get('grant_type')) {
    case 'client_credentials': {
      if (form.has('fmi_path')) return claimsOfT1(form)
      const isExchange = form.get('scope')?.startsWith('api://AzureADTokenExchange/')
      const rights = isExchange ? { aud: exchangeAudience } : { roles: ['Weather.Read.All'] }
      return { ...resource, ...rights, idtyp: 'app', oid: clientId, sub: clientId }
    }
    case 'urn:ietf:params:oauth:grant-type:jwt-bearer': {
      const { oid, name, preferred_username } = decodeToken(form.get('assertion') ?? '')?.claims ?? {}
      const profile = name === undefined ? {} : { name, preferred_username }
      return { ...resource, oid, ...profile, sub: `pairwise-${oid}`, scp: 'Weather.Read' }
    }
    default:
      return { ...resource, ...claimsOfAgentUser(form) }
  }
}

function claimsOfT1(form: URLSearchParams): Json {
  return {
    iss: `https://sts.windows.net/${tenant}/`,
    aud: exchangeAudience,
    azp: form.get('client_id'),
    azpacr: '1',
    idtyp: 'app',
    oid: 'blueprint-sp',
    sub: `/eid1/c/pub/t/x/a/y/${form.get('fmi_path')}`,
  }
}

/** As in the recordings, the user is the one that `user_id` names, else …ba if there is a `username`, else …ab. */
function claimsOfAgentUser(form: URLSearchParams): Json {
  const username = form.get('username')
  const oid = form.get('user_id') ?? `abababab-0000-4000-8000-0000000000${username === null ? 'ab' : 'ba'}`
  return {
    oid,
    preferred_username: username ?? 'agent.one@example.test',
    idtyp: 'user',
    sub: `pairwise-${oid}`,
    scp: 'Weather.Read',
    xms_sub_fct: '13 1',
    xms_act_fct: '11 9',
  }
}

/** In the recordings, Entra granted every authentication context that was asked for. */
function readAuthenticationContexts(form: URLSearchParams): Json {
  try {
    const { value, values = [value] } = JSON.parse(form.get('claims') ?? '').access_token.acrs
    return { acrs: values }
  } catch {
    return {}
  }
}

/** The scopes that were asked for; for an agent's user account also all other scopes that the account has at the API. */
function grantedScopes(form: URLSearchParams): string {
  const asked = form.get('scope') ?? ''
  if (form.has('assertion')) return asked
  return [asked, ...['.default', 'Weather.Read'].map(name => `api://${apiId}/${name}`)].join(' ')
}

function sendJson(response: ServerResponse, status: number, value: Json): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value))
}
