import { personalClaims, type TokenCard, type TraceStep } from '@entra-bedrock-agent/identity-trace'
import { actsAsOf } from './claims.ts'

/** Hides what names the user or the tenant. All views of the trace render only what a redactor returns. */
export interface Redactor {
  text(text: string): string
  /** Redacts all texts in a value, including names of members. Members that are `undefined` are left out. */
  value<Value>(value: { readonly [Name in keyof Value]: Value[Name] | undefined }): Value
  steps(steps: readonly TraceStep[]): readonly TraceStep[]
}

/** Shows everything. */
export const noMasking: Redactor = {
  text: text => text,
  value: value => JSON.parse(JSON.stringify(value)),
  steps: steps => steps,
}

/** Shorter values would match all over the trace by accident; they are hidden only in their claim. */
const shortestSecretLength = 4

/**
 * Hides what the tokens of these steps reveal of the user (personal claims, object id, subject) and of the tenant, wherever
 * it occurs: in claims, addresses, titles and bodies. Different values get different masks.
 *
 * @param hideMore hides more in each text afterwards, such as single words of a name; not called if the tokens reveal nothing
 */
export function redactorFor(steps: readonly Pick<TraceStep, 'token'>[], hideMore = noMasking.text): Redactor {
  const secrets = numberMasks(steps.flatMap(({ token }) => (token ? secretsIn(token) : [])))
  if (secrets.size === 0) return noMasking
  const hideSecrets = textRedactor(secrets)
  const text = (given: string) => hideMore(hideSecrets(given))
  const replace = (_key: string, member: unknown) => {
    if (typeof member === 'string') return text(member)
    if (typeof member !== 'object' || member === null || Array.isArray(member)) return member
    return Object.fromEntries(Object.entries(member).map(([key, inner]) => [text(key), inner]))
  }
  const value: Redactor['value'] = given => JSON.parse(JSON.stringify(given, replace))
  const shown = new WeakMap<TraceStep, TraceStep>()
  return {
    text,
    value,
    steps: list =>
      list.map(step => {
        const known = shown.get(step) ?? redactStep(step, value, secrets)
        shown.set(step, known)
        return known
      }),
  }
}

/** The key of a redactor: the tokens that decide what is hidden. A token that is seen again does not change the key. */
export function redactorKey(steps: readonly TraceStep[]): string {
  const cards = steps.flatMap(({ token }) => (token?.claims ? [token] : []))
  return [...new Set(cards.map(({ fingerprint, claims }) => fingerprint ?? JSON.stringify(claims)))].join()
}

/** A value that is hidden, and the mask that replaces it. */
interface Secret {
  readonly value: string
  readonly mask: string
}

/** The secrets by their values in lower case, each value with a mask of its own. */
type Secrets = ReadonlyMap<string, Secret>

function numberMasks(secrets: readonly Secret[]): Secrets {
  const numbered = new Map<string, Secret>()
  const used = new Map<string, number>()
  for (const { value, mask } of secrets) {
    if (numbered.has(value.toLowerCase())) continue
    const number = (used.get(mask) ?? 0) + 1
    used.set(mask, number)
    numbered.set(value.toLowerCase(), { value, mask: `‹${mask}${number === 1 ? '' : ` ${number}`} hidden›` })
  }
  return numbered
}

const guidPattern = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/gi

function secretsIn(card: TokenCard): Secret[] {
  return Object.entries(card.claims ?? {}).flatMap(([name, value]) => {
    const mask = claimMask(name, card)
    if (mask) return textsIn(value).map(text => ({ value: text, mask }))
    if (name !== 'iss' && name !== 'idp') return []
    return (String(value).match(guidPattern) ?? []).map(tenant => ({ value: tenant, mask: 'tenant' }))
  })
}

function textsIn(value: unknown): string[] {
  if (typeof value === 'object' && value !== null) return Object.values(value).flatMap(textsIn)
  return value === null || value === '' ? [] : [String(value)]
}

/** The mask of a claim; `undefined` if the claim is shown, such as the name (not the addresses) of an agent's user account. */
function claimMask(name: string, card: TokenCard): string | undefined {
  const actsAs = card.role === 'Tc' ? 'user' : actsAsOf(card)
  if (name === 'name' && actsAs === 'agent-user') return undefined
  if (personalClaims.has(name)) return name
  if (name === 'tid') return 'tenant'
  return (name === 'oid' || name === 'sub') && actsAs === 'user' ? `user ${name}` : undefined
}

function textRedactor(secrets: Secrets): (text: string) => string {
  const spellings = [...secrets.values()]
    .filter(({ value }) => value.length >= shortestSecretLength)
    .flatMap(({ value, mask }) => spellingsOf(value).map(spelling => ({ spelling, mask })))
    .sort((one, other) => other.spelling.length - one.spelling.length)
  if (spellings.length === 0) return noMasking.text
  // Each spelling is a group of the pattern; the group's index gives the mask. A look-up by the lower-cased match would miss İ.
  const anyOfThem = new RegExp(
    spellings.map(({ spelling }) => `(${escapeRegExp(spelling)})`).join('|'),
    'giu',
  )
  return text =>
    text.replace(anyOfThem, (...found) => {
      const place = found.slice(1, spellings.length + 1).findIndex(group => group !== undefined)
      return spellings[place]?.mask ?? ''
    })
}

/** The spellings of a value: as plain text, in a URL, in a form body and in JSON inside a text. */
function spellingsOf(value: string): string[] {
  const inAddress = encodeURIComponent(value.toWellFormed())
  return [
    ...new Set([value, inAddress, inAddress.replaceAll('%20', '+'), JSON.stringify(value).slice(1, -1)]),
  ]
}

function escapeRegExp(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&')
}

function redactStep(
  { token, title, request, response, problem, logIds, tool, ...structure }: TraceStep,
  redact: Redactor['value'],
  secrets: Secrets,
): TraceStep {
  const facts = redact({ title, request, response, problem, logIds, tool })
  if (!token) return { ...structure, ...facts }
  const { claims, header, ...card } = token
  const hidden = redact({ header, claims: claims && hideClaims(token, secrets) })
  return { ...structure, ...facts, token: { ...card, ...hidden } }
}

/** A token's claims; each value to hide, however short, is masked as a whole. */
function hideClaims(card: TokenCard, secrets: Secrets): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(card.claims ?? {}).map(([name, value]) => {
      const hidden = textsIn(value).map(text => secrets.get(text.toLowerCase())?.mask ?? '')
      return [name, claimMask(name, card) === undefined ? value : [...new Set(hidden)].join(' ')]
    }),
  )
}

/** The steps as JSON text. Steps never contain a token itself. */
export function stepsAsJson(steps: readonly TraceStep[]): string {
  return JSON.stringify(steps, undefined, 2)
}
