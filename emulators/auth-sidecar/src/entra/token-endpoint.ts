import { STATUS_CODES } from 'node:http'
import { type JsonObject, parseJsonObject } from '../json.ts'
import { EntraRefusalError } from './failures.ts'
import type { EntraAnswer } from './http-client.ts'

/** What Entra's token endpoint grants. */
export interface TokenGrant {
  readonly accessToken: string
  readonly expiresInSeconds: number
  readonly refreshInSeconds: number | undefined
  readonly scope: string | undefined
  readonly refreshToken: string | undefined
}

// The words are MSAL's: the agent and its users tell failures apart by them.
const words = {
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

/**
 * Reads an answer of the token endpoint.
 *
 * @param url the endpoint, for the message about an outage.
 * @throws {EntraRefusalError} for every error that MSAL can tell in words; a plain Error for answers it chokes on.
 */
export function readGrant(answer: EntraAnswer, url: string): TokenGrant {
  if (answer.status >= 500) throw new EntraRefusalError(sayUnavailable(url), { body: answer.body })
  if (answer.status !== 200) throw readRefusal(answer)
  const body = parseJsonObject(answer.body)
  const accessToken = text(body, 'access_token')
  if (accessToken === undefined || text(body, 'token_type')?.toLowerCase() !== 'bearer') {
    throw new Error('The token endpoint answered without a bearer token.')
  }
  return {
    accessToken,
    expiresInSeconds: Number(body?.['expires_in'] ?? 0),
    refreshInSeconds: body?.['refresh_in'] === undefined ? undefined : Number(body['refresh_in']),
    scope: text(body, 'scope'),
    refreshToken: text(body, 'refresh_token'),
  }
}

function sayUnavailable(url: string): string {
  const { port, protocol } = new URL(url)
  const effectivePort = port || (protocol === 'http:' ? '80' : '443')
  return `Service is unavailable to process the request. The request Uri is: ${url} on port ${effectivePort}`
}

/** Turns an answer other than 200 and 5xx into the refusal that MSAL makes of it. */
export function readRefusal({ status, body: raw }: EntraAnswer): EntraRefusalError {
  const body = parseJsonObject(raw)
  const error = text(body, 'error')
  const facts = { error, suberror: text(body, 'suberror'), body: raw }
  if (raw.trim() === '' || (body && error === undefined)) {
    return new EntraRefusalError(`HttpStatusCode: ${status}: ${nameStatus(status)}`, facts)
  }
  if (!body) return new EntraRefusalError(status === 429 ? words.throttled : words.unreadable, facts)
  const description = text(body, 'error_description')
  if (error === 'invalid_client')
    return new EntraRefusalError(words.invalidClient + (description ?? ''), facts)
  const refusal = new EntraRefusalError(description ?? raw, facts)
  if (!refusal.needsInteraction) return refusal
  const message = description?.startsWith('AADSTS50196') ? words.throttled : refusal.message
  return new EntraRefusalError(message + (text(body, 'claims') ? words.claimsChallenge : ''), facts)
}

/** A status as .NET names it: `NotFound`, `BadRequest`. */
function nameStatus(status: number): string {
  return (STATUS_CODES[status] ?? `${status}`).replaceAll(/[^A-Za-z]/g, '')
}

function text(body: JsonObject | undefined, name: string): string | undefined {
  const value = body?.[name]
  return typeof value === 'string' && value !== '' ? value : undefined
}
