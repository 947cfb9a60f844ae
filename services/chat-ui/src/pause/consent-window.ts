import type { PublicConfig } from '@entra-bedrock-agent/identity-trace'
import { emulatorAuthority } from '../sign-in/authority.ts'

/** What the window reported. It proves nothing. */
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

/** Name of the BroadcastChannel on which the page that Entra returns to reports the outcome. */
export function consentChannel(state: string): string {
  return `consent:${state}`
}

/** Opens the window; `false` if the browser blocked it. Call it in a click handler. */
export function openConsentWindow(url: string): boolean {
  return window.open(url, 'consent', 'popup,width=520,height=680') !== null
}

/** Waits for the window's report. Returns a function that stops waiting. */
export function hearConsent(state: string, onAnswer: (answer: ConsentAnswer) => void): () => void {
  const channel = new BroadcastChannel(consentChannel(state))
  channel.onmessage = ({ data }) => {
    const { error } = Object(data) as ConsentAnswer
    onAnswer(typeof error === 'string' ? { error: error.slice(0, 100) } : {})
  }
  return () => channel.close()
}
