import type { TokenCard, TokenRole } from '@entra-agents/trace'
import { wantedContexts } from '../words/step-up.ts'
import { tokensOf } from './traced-answer.ts'
import type { TurnFacts } from './turn-facts.ts'

/** The authentication contexts of a token before and after a step-up. Until the step-up, `after` has the wanted contexts. */
export interface ContextRow {
  readonly role: TokenRole
  readonly before: readonly string[]
  readonly after: readonly string[]
}

/** A step-up of a turn: how it has changed the tokens, or will change them. */
export interface StepUp {
  readonly isDone: boolean
  readonly rows: readonly ContextRow[]
}

export function contextsOf({ claims }: TokenCard): readonly string[] {
  const contexts = claims?.['acrs']
  return Array.isArray(contexts) ? contexts.map(String) : []
}

/** "acrs c1": the authentication contexts that a token proves, if any. */
export function tellContexts(card: TokenCard): readonly string[] {
  const contexts = contextsOf(card)
  return contexts.length > 0 ? [`acrs ${contexts.join(' ')}`] : []
}

/** The step-up of a turn in which an API wanted one; `undefined` if no API did. */
export function findStepUp({ steps, asked, uses }: TurnFacts): StepUp | undefined {
  const challenge = steps.find(({ problem }) => wantedContexts(problem?.claimsChallenge).length > 0)
  if (!challenge) return undefined
  const wanted =
    asked?.kind === 'step-up' ? asked.contexts : wantedContexts(challenge.problem?.claimsChallenge)
  const userTokens = tokensOf(steps).filter(({ role, observed }) => role === 'Tc' && observed)
  const refused = uses.find(({ outcome }) => outcome === 'more')
  const audience = refused?.token.claims?.['aud']
  const taken = uses.findLast(use => use !== refused && use.token.claims?.['aud'] === audience)
  const [first, last] = [userTokens[0], userTokens.at(-1)]
  const isDone = taken !== undefined
  const row = (role: TokenRole, before: TokenCard | undefined, after: TokenCard | undefined): ContextRow[] =>
    before ? [{ role, before: contextsOf(before), after: isDone && after ? contextsOf(after) : wanted }] : []
  return { isDone, rows: [...row('Tc', first, last), ...row('TR', refused?.token, taken?.token)] }
}
