import { hash } from 'node:crypto'
import type { PendingCall } from './waiting.ts'

/**
 * The digest that identifies a call, whoever asks for it: base64url of the SHA-256 of its JSON by RFC 8785.
 *
 * @throws {TypeError} for arguments that are no JSON
 */
export function digestCall({
  tool,
  toolHash,
  api,
  args,
}: Pick<PendingCall, 'tool' | 'toolHash' | 'api' | 'args'>): string {
  return hash('sha256', canonicalJson(['approval-v1', tool, toolHash, api, args]), 'base64url')
}

/** A call's idempotency key: the same each time the call is sent, also after a pause or by another replica. */
export function idempotencyKey(turnId: string, callId: string, digest: string): string {
  return hash('sha256', `${turnId}|${callId}|${digest}`, 'base64url')
}

/** JSON of https://www.rfc-editor.org/rfc/rfc8785: as JSON.stringify writes it, members sorted by the code units of their names. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`
  if (typeof value === 'object' && value !== null) {
    const members = new Map(Object.entries(value))
    const names = [...members.keys()].sort()
    return `{${names.map(name => `${canonicalJson(name)}:${canonicalJson(members.get(name))}`).join(',')}}`
  }
  const isText = typeof value === 'string' && value.isWellFormed()
  if (isText || value === null || typeof value === 'boolean' || Number.isFinite(value))
    return JSON.stringify(value)
  throw new TypeError('Only JSON has a digest.')
}
