import { PageError, pageProblem } from '../agent/page-problem.ts'
import type { PublicConfig } from '../agent/public-config.ts'

interface StandInAuthority {
  readonly authorityMetadata: string
  readonly knownAuthorities: string[]
}

/**
 * What MSAL must be told about a local stand-in for Entra; nothing for Entra itself, which it knows.
 * Given metadata is taken unchecked, plain http included, so it is accepted for this machine only.
 */
export function standInAuthority(config: PublicConfig): StandInAuthority | undefined {
  const metadata = config.authorityMetadata
  if (metadata === undefined) return undefined
  const authorityMetadata = typeof metadata === 'string' ? metadata : JSON.stringify(metadata)
  const { token_endpoint, authorization_endpoint } = JSON.parse(authorityMetadata) as Record<string, string>
  if (!isLoopback(token_endpoint) || !isLoopback(authorization_endpoint)) {
    throw new PageError(
      pageProblem('SIGN_IN_UNAVAILABLE', 'The sign-in endpoints of a stand-in must be on this machine.'),
    )
  }
  return { authorityMetadata, knownAuthorities: [new URL(config.authority).host] }
}

function isLoopback(url: string | undefined): boolean {
  const host = url === undefined ? '' : (URL.parse(url)?.hostname ?? '')
  return host === 'localhost' || host.endsWith('.localhost') || host === '127.0.0.1' || host === '[::1]'
}
