import type { TokenCard, TraceStep } from '@entra-agents/trace'
import { hider, type Secret } from './hide.ts'
import { hiddenInTexts, maskedClaim, secretsOf } from './secrets.ts'

/** Hides what names the user or the tenant in whatever leaves the page, and in what others look at. */
export interface Redactor {
  text(text: string): string
  /** Redacts all texts for people, and data with the names of its members. Members that are `undefined` are left out. */
  value<Value>(value: { readonly [Name in keyof Value]: Value[Name] | undefined }): Value
  steps(steps: readonly TraceStep[]): readonly TraceStep[]
}

/** Shows everything. */
export const noMasking: Redactor = {
  text: text => text,
  value: value => JSON.parse(JSON.stringify(value)),
  steps: steps => steps,
}

/** Members of steps, problems and tool calls that hold no words for people, and that the page reads. */
const fixedMembers = new Set(
  'api code decision failedCheck kind method name permission service status stepId'.split(' '),
)
/** Members that hold data of any shape, in which names of members can be secrets too. */
const dataMembers = new Set(['arguments', 'body', 'header', 'headers', 'names'])

/**
 * Hides what the tokens of these steps reveal of the user (personal claims, object id, subject) and of the tenant, wherever
 * it occurs: in claims, addresses, titles and bodies. Different values get different masks.
 *
 * @param moreOf what else is hidden of the tokens, such as the parts of names (`partsOfNames`)
 */
export function redactorFor(
  steps: readonly Pick<TraceStep, 'token'>[],
  moreOf: (cards: readonly TokenCard[]) => readonly Secret[] = () => [],
): Redactor {
  const cards = steps.flatMap(({ token }) => token ?? [])
  const secrets = secretsOf(cards)
  if (secrets.size === 0) return noMasking
  const text = hider([...hiddenInTexts(secrets), ...moreOf(cards)])
  const redact = (given: unknown, isData: boolean): unknown => {
    if (typeof given === 'string') return text(given)
    if (typeof given !== 'object' || given === null) return given
    if (Array.isArray(given)) return given.map(member => redact(member, isData))
    const members = Object.entries(given).filter(([, member]) => member !== undefined)
    return Object.fromEntries(
      members.map(([name, member]) => {
        if (isData) return [text(name), redact(member, true)]
        return [name, fixedMembers.has(name) ? member : redact(member, dataMembers.has(name))]
      }),
    )
  }
  const value: Redactor['value'] = <Value>(given: unknown) => redact(given, false) as Value
  const claim = (name: string, card: TokenCard) =>
    maskedClaim(name, card, secrets) ?? redact(card.claims?.[name], true)
  return { text, value, steps: list => list.map(step => redactStep(step, value, claim)) }
}

function redactStep(
  { token, title, request, response, problem, logIds, tool, ...structure }: TraceStep,
  redact: Redactor['value'],
  redactClaim: (name: string, card: TokenCard) => unknown,
): TraceStep {
  const facts = redact({ title, request, response, problem, logIds, tool })
  if (!token) return { ...structure, ...facts }
  const { claims, header, ...card } = token
  const shown = Object.keys(claims ?? {}).map(name => [name, redactClaim(name, token)])
  const hidden = { ...redact({ header }), ...(claims && { claims: Object.fromEntries(shown) }) }
  return { ...structure, ...facts, token: { ...card, ...hidden } }
}

/** The steps as JSON text. Steps never contain a token itself. */
export function stepsAsJson(steps: readonly TraceStep[]): string {
  return JSON.stringify(steps, undefined, 2)
}
