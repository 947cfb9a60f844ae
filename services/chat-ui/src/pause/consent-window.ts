import type { PublicConfig } from '@entra-bedrock-agent/identity-trace'
import { emulatorAuthority } from '../sign-in/authority.ts'

/** What the window told when it came back; nobody vouches for it. */
export interface ConsentAnswer {
  /** An error code of OAuth 2.0, such as `access_denied`. */
  readonly error?: string
}

/** Whether an address is one of Entra, as this page knows it, and so may be opened or handed to an administrator. */
export function isOfAuthority(url: string, config: PublicConfig): boolean {
  const address = URL.parse(url)?.href
  return basesOf(config).some(base => address?.startsWith(base))
}

/** The tenant's address at Entra, and at an emulator on this machine the one that its endpoints have. */
function basesOf(config: PublicConfig): string[] {
  const metadata = emulatorAuthority(config)?.authorityMetadata
  const endpoint = metadata === undefined ? undefined : Object(JSON.parse(metadata)).authorization_endpoint
  const emulated = String(endpoint ?? '').replace(/oauth2\/v2\.0\/authorize$/, '')
  return [`${config.authority}/`, ...(emulated === '' ? [] : [emulated])]
}

/** The channel by which the page that Entra returns to tells what came of it. */
export function consentChannel(state: string): string {
  return `consent:${state}`
}

/** Opens the window; `false` if the browser blocked it. To be called in a press. */
export function openConsentWindow(url: string): boolean {
  return window.open(url, 'consent', 'popup,width=520,height=680') !== null
}

/** Waits for what the window tells. Returns how to stop that. */
export function hearConsent(state: string, onAnswer: (answer: ConsentAnswer) => void): () => void {
  const channel = new BroadcastChannel(consentChannel(state))
  channel.onmessage = ({ data }) => {
    const { error } = Object(data) as ConsentAnswer
    onAnswer(typeof error === 'string' ? { error: error.slice(0, 100) } : {})
  }
  return () => channel.close()
}
