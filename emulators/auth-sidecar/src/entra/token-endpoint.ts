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

const invalidClientPreface =
  'A configuration issue is preventing authentication - check the error message from the server for details. ' +
  'You can modify the configuration in the application registration portal. ' +
  'See https://aka.ms/msal-net-invalid-client for details.  Original exception: '

/**
 * Reads an answer of the token endpoint.
 *
 * @param url the endpoint, for the message about an outage.
 * @throws {EntraRefusalError} for every answer that is not a grant but can be told as one sentence.
 */
export function readGrant(answer: EntraAnswer, url: string): TokenGrant {
  if (answer.status >= 500) throw new EntraRefusalError(unavailable(url))
  const body = parseObject(answer.body)
  if (answer.status !== 200) throw refusal(answer, body)
  const { access_token: accessToken, token_type: tokenType } = body ?? {}
  if (typeof accessToken !== 'string' || String(tokenType).toLowerCase() !== 'bearer') {
    throw new Error('The token endpoint answered without a bearer token.')
  }
  return {
    accessToken,
    expiresInSeconds: Number(body?.['expires_in'] ?? 0),
    refreshInSeconds: body?.['refresh_in'] === undefined ? undefined : Number(body['refresh_in']),
    scope: text(body?.['scope']),
    refreshToken: text(body?.['refresh_token']),
  }
}

function unavailable(url: string): string {
  const { port, protocol } = new URL(url)
  const effectivePort = port || (protocol === 'http:' ? '80' : '443')
  return `Service is unavailable to process the request. The request Uri is: ${url} on port ${effectivePort}`
}

function refusal(answer: EntraAnswer, body: Record<string, unknown> | undefined): Error {
  const error = text(body?.['error'])
  const description = text(body?.['error_description'])
  if (error === undefined) {
    return answer.status === 429
      ? new EntraRefusalError(answer.body)
      : new Error(`The token endpoint answered ${answer.status} without an OAuth error.`)
  }
  const codes = body?.['error_codes']
  const numbers = Array.isArray(codes) ? codes.map(Number) : []
  const message =
    error === 'invalid_client' ? `${invalidClientPreface}${description ?? ''}` : (description ?? answer.body)
  return new EntraRefusalError(message, error, numbers)
}

function parseObject(body: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(body)
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined
  } catch {
    return undefined
  }
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}
