import { STATUS_CODES } from 'node:http'
import { parseJsonObject } from '@entra-agents/service-kit'

export interface EntraResponse {
  readonly status: number
  readonly retryAfter: string | undefined
  readonly body: string
}

export type TokenGrant = Readonly<ReturnType<typeof readGrant>>

const suberrorsWithoutInteraction = new Set(['client_mismatch', 'protection_policy_required'])

/** Codes after which a new client certificate or assertion may succeed; Microsoft.Identity.Web retries once after them. */
const credentialCodes = /AADSTS(700027|700024|7000214|1000502|7000274|7000277)/

/** Entra refused, or its response was unusable. */
export class EntraRefusalError extends Error {
  override readonly name: string = 'EntraRefusalError'
  readonly #error: string | undefined
  readonly #suberror: string | undefined
  readonly #body: string

  constructor(message: string, { error, suberror }: JsonMembers = {}, body = '') {
    super(message)
    this.#error = error
    this.#suberror = suberror
    this.#body = body
  }

  /** Whether the user has to do something (MSAL's `MsalUiRequiredException`). */
  get needsInteraction(): boolean {
    if (this.#error === 'interaction_required') return true
    return this.#error === 'invalid_grant' && !suberrorsWithoutInteraction.has(this.#suberror ?? '')
  }

  /** Whether the client's credential was refused, and a new one may be accepted. */
  get refusesCredential(): boolean {
    return this.#error === 'invalid_client' && credentialCodes.test(this.#body)
  }
}

// MSAL's texts, by which the agent distinguishes failures.
const msalTexts = {
  invalidClient:
    'A configuration issue is preventing authentication - check the error message from the server for details. ' +
    'You can modify the configuration in the application registration portal. ' +
    'See https://aka.ms/msal-net-invalid-client for details.  Original exception: ',
  claimsChallenge:
    ' The returned error contains a claims challenge. For additional info on how to handle claims related to ' +
    'multifactor authentication, Conditional Access, and incremental consent, see ' +
    'https://aka.ms/msal-conditional-access-claims. If you are using the On-Behalf-Of flow, see ' +
    'https://aka.ms/msal-conditional-access-claims-obo for details.',
  throttled:
    'Your app has been throttled by AAD due to too many requests. To avoid this, cache your tokens see ' +
    'https://aka.ms/msal-net-throttling.',
  unreadable:
    'An error response was returned by the OAuth2 server, but it could not be parsed. ' +
    'Please inspect the exception properties for details.',
}

/** Reads a response of the token endpoint (`url`). Throws `EntraRefusalError` if MSAL describes the error, else a plain one. */
export function readGrant(response: EntraResponse, url: string) {
  if (response.status >= 500) throw new EntraRefusalError(unavailableText(url))
  if (response.status !== 200) throw readRefusal(response)
  const { access_token: accessToken, token_type: type, ...grant } = parseMembers(response.body) ?? {}
  if (accessToken === undefined || type?.toLowerCase() !== 'bearer')
    throw new Error('The token endpoint responded without a bearer token.')
  return {
    accessToken,
    expiresInSeconds: Number(grant['expires_in'] ?? 0),
    refreshInSeconds: grant['refresh_in'] === undefined ? undefined : Number(grant['refresh_in']),
    scope: grant['scope'],
    /** `undefined` also if the response has no ID token: without one, MSAL does not know whose refresh token it is. */
    refreshToken: grant['id_token'] && grant['refresh_token'],
  }
}

function unavailableText(url: string): string {
  const { port, protocol } = new URL(url)
  const effectivePort = port || (protocol === 'http:' ? '80' : '443')
  return `Service is unavailable to process the request. The request Uri is: ${url} on port ${effectivePort}`
}

/** The error that MSAL makes of a response other than 200 and 5xx. */
function readRefusal({ status, body }: EntraResponse): EntraRefusalError {
  const members = parseMembers(body)
  const refuse = (message: string) => new EntraRefusalError(message, members, body)
  if (body.trim() === '' || (members && members['error'] === undefined))
    // A status as .NET names it: `NotFound`, `BadRequest`.
    return refuse(
      `HttpStatusCode: ${status}: ${(STATUS_CODES[status] ?? `${status}`).replaceAll(/[^A-Za-z]/g, '')}`,
    )
  if (!members) return refuse(status === 429 ? msalTexts.throttled : msalTexts.unreadable)
  const { error, error_description: description, claims } = members
  if (error === 'invalid_client') return refuse(msalTexts.invalidClient + (description ?? ''))
  const refusal = refuse(description ?? body)
  if (!refusal.needsInteraction) return refusal
  const message = description?.startsWith('AADSTS50196') ? msalTexts.throttled : refusal.message
  return refuse(message + (claims ? msalTexts.claimsChallenge : ''))
}

type JsonMembers = Readonly<Record<string, string | undefined>>

/** The members of a JSON object as text, without empty ones; `undefined` when the body is no JSON object. */
function parseMembers(body: string): JsonMembers | undefined {
  const object = parseJsonObject(body)
  const members = Object.entries(object ?? {}).filter(([, member]) => member !== '' && member !== null)
  const text = (member: unknown) => (typeof member === 'string' ? member : JSON.stringify(member))
  return object && Object.fromEntries(members.map(([name, member]) => [name, text(member)]))
}
