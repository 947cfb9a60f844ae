import { personalClaims, type TraceStep } from '@entra-bedrock-agent/identity-trace'
import { type Claims, isForUser } from './claims.ts'

/** Replaces in a text what names the user or the tenant. */
export type Redact = (text: string) => string

/** Shows everything. */
export const reveal: Redact = text => text

/** A value as short as this would be found all over the trace by accident. */
const shortestLength = 4

/**
 * Hides what the tokens of a trace tell of the user (personal claims, object id, subject) and of the tenant, wherever
 * in the trace it stands: in claims, addresses, titles and bodies. Different values stay different.
 */
export function redactorFor(steps: readonly TraceStep[]): Redact {
  const masks = new Map<string, string>()
  const used = new Map<string, number>()
  for (const { value, mask } of steps.flatMap(secretsIn)) {
    if (masks.has(value)) continue
    const number = (used.get(mask) ?? 0) + 1
    used.set(mask, number)
    masks.set(value, number === 1 ? `‹${mask}›` : `‹${mask} ${number}›`)
  }
  if (masks.size === 0) return reveal
  const longestFirst = [...masks.keys()].sort((one, other) => other.length - one.length)
  const anyOfThem = new RegExp(longestFirst.map(escapeRegExp).join('|'), 'gi')
  return text => text.replace(anyOfThem, found => masks.get(found.toLowerCase()) ?? '')
}

function secretsIn({ token }: TraceStep): { value: string; mask: string }[] {
  const claims = token?.claims ?? {}
  return Object.entries(claims).flatMap(([name, value]) => {
    const mask = maskOf(name, claims)
    return mask ? textsIn(value).map(text => ({ value: text.toLowerCase(), mask })) : []
  })
}

function textsIn(value: unknown): string[] {
  return [value].flat().filter(text => typeof text === 'string' && text.length >= shortestLength) as string[]
}

function maskOf(name: string, claims: Claims): string | undefined {
  if (personalClaims.has(name)) return name
  if (name === 'tid') return 'tenant'
  return (name === 'oid' || name === 'sub') && isForUser(claims) ? `user ${name}` : undefined
}

function escapeRegExp(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
}

/** The steps as JSON text, redacted. They hold no token to begin with. */
export function stepsAsJson(steps: readonly TraceStep[], redact: Redact): string {
  return JSON.stringify(steps, (_key, value) => (typeof value === 'string' ? redact(value) : value), 2)
}
