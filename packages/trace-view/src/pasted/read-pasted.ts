import type { PublicConfig, TokenCard } from '@entra-agents/trace'
import { describeNames } from '../words/names.ts'
import { spellOutHidden } from '../words/visible-text.ts'

/** The card of a pasted token, or why it cannot be read. Nobody has checked the token: whatever it says may be made up. */
export function readPasted(text: string): TokenCard | string {
  if (text.length > 64 * 1024) return 'This is too long for a token.'
  const parts = text
    .trim()
    .replace(/^bearer /i, '')
    .split('.')
  if (parts.length === 5) return 'This token is encrypted (JWE): only its API can read it.'
  try {
    const [header, claims] = parts.map((part, index) => (index < 2 ? decode(part) : {}))
    const all = { iss: '–', aud: '–', exp: '–', ...claims }
    if (header && parts.length === 3) return { role: 'TR', observed: true, header, claims: all }
  } catch {
    // What cannot be decoded is no token either.
  }
  return 'This is no JWT: that is three parts with dots between, the first two of them JSON in base64url.'
}

function decode(part: string): Record<string, unknown> {
  if (!/^[\w-]+$/.test(part)) throw new SyntaxError('not base64url')
  const bytes = Uint8Array.from(atob(part.replaceAll('-', '+').replaceAll('_', '/')), unit =>
    unit.charCodeAt(0),
  )
  const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  // What is nested too deeply to be shown throws here.
  if (!JSON.stringify(value).startsWith('{')) throw new SyntaxError('no object')
  return Object.fromEntries(
    Object.entries(Object(value)).map(([name, inner]) => [spellOutHidden(name), inner]),
  )
}

/** How a claim differs from what this agent is configured for, if it does. */
export function findDifference(name: string, value: unknown, config: PublicConfig): string | undefined {
  const { authority, authorityMetadata = '{}', tenantId } = config
  const { issuer = `${authority}/v2.0` } = JSON.parse(authorityMetadata)
  const ofTenant = [issuer, `https://sts.windows.net/${tenantId}/`, tenantId]
  if (name === 'iss' || name === 'tid') return ofTenant.includes(value) ? undefined : 'another tenant'
  const [id] = /^(api:\/\/)?[\da-f-]{36}$/i.exec(String(value)) ?? []
  if (name === 'aud' || name === 'azp' || name === 'appid')
    return id && describeNames(config, false).id(id) ? undefined : 'unknown to this agent'
  if (name !== 'exp' && name !== 'nbf') return undefined
  return Number(value) * 1_000 > Date.now() === (name === 'exp') ? undefined : 'not valid now'
}
