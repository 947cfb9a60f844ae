import type { PublicConfig } from '@entra-agents/trace'
import { PageError, pageProblem } from '../agent/page-problem.ts'

/**
 * The MSAL options for a local emulator of Entra; `undefined` for Entra itself, which MSAL knows.
 * MSAL neither checks metadata that it is given nor refuses endpoints with plain http, so only loopback is allowed here.
 */
export function emulatorAuthority(config: PublicConfig) {
  const { authorityMetadata } = config
  if (authorityMetadata === undefined) return undefined
  const { token_endpoint, authorization_endpoint } = JSON.parse(authorityMetadata) as Record<string, string>
  if (!isLoopback(token_endpoint) || !isLoopback(authorization_endpoint)) {
    throw new PageError(
      pageProblem('SIGN_IN_UNAVAILABLE', 'The sign-in endpoints of an emulator must be on this machine.'),
    )
  }
  return { authorityMetadata, knownAuthorities: [new URL(config.authority).host] }
}

function isLoopback(url: string | undefined): boolean {
  const host = url === undefined ? '' : (URL.parse(url)?.hostname ?? '')
  return host === 'localhost' || host.endsWith('.localhost') || host === '127.0.0.1' || host === '[::1]'
}
