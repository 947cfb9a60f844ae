import type { PublicConfig } from '@entra-agents/trace'
import { emulatorAuthority } from '../sign-in/authority.ts'

/** Whether an address is of the configured Entra tenant. The page neither opens other addresses nor offers them to copy. */
export function isTenantAddress(url: string, config: PublicConfig): boolean {
  const address = URL.parse(url)?.href
  return tenantAddresses(config).some(base => address?.startsWith(base))
}

/** The tenant's address at Entra and, with a local emulator, the address of its endpoints. */
function tenantAddresses(config: PublicConfig): string[] {
  const metadata = emulatorAuthority(config)?.authorityMetadata
  const endpoint = metadata === undefined ? undefined : Object(JSON.parse(metadata)).authorization_endpoint
  const emulated = String(endpoint ?? '').replace(/oauth2\/v2\.0\/authorize$/, '')
  return [`${config.authority}/`, ...(emulated === '' ? [] : [emulated])]
}

/**
 * Waits for the consent window's report, and passes on its OAuth 2.0 error code, such as `access_denied`, or `undefined` if
 * there is none. The report proves nothing. Returns a function that stops waiting.
 */
export function listenForConsent(state: string, onAnswer: (error: string | undefined) => void): () => void {
  // The page that Entra returns to (`consent-return.ts`) reports on the channel of this name.
  const channel = new BroadcastChannel(`consent:${state}`)
  channel.onmessage = ({ data }) => {
    const { error }: { error?: unknown } = Object(data)
    onAnswer(typeof error === 'string' ? error.slice(0, 100) : undefined)
  }
  return () => channel.close()
}
