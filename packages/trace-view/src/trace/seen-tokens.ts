import type { Flow, TokenCard } from '@entra-agents/trace'
import { flowWords } from '../words/flows.ts'
import type { Names } from '../words/names.ts'
import { toReader } from '../words/reader.ts'
import { contextsOf } from './read-token.ts'
import { nameOrId } from './story.ts'
import { type TracedAnswer, tokenKey, tokensOf } from './traced-answer.ts'
import type { TurnFacts } from './turn-facts.ts'

/** A token that was seen, and the latest answer that had it. */
export interface SeenToken {
  readonly card: TokenCard
  readonly names: Names
  readonly turn: number
  readonly flow: Flow
  /** Whether the answer whose trace is shown, the last one, had it. */
  readonly isShown: boolean
}

/** All observed tokens of the answers: only observed tokens have claims to compare. */
export function seenTokens(answers: readonly TracedAnswer[], names: Names): SeenToken[] {
  const seen = new Map<string, SeenToken>()
  for (const [index, { steps, turn, question }] of answers.entries()) {
    for (const card of tokensOf(steps).filter(({ claims, observed }) => claims && observed))
      seen.set(tokenKey(card), {
        card,
        turn: index + 1,
        flow: turn?.flow ?? question.flow,
        isShown: index === answers.length - 1,
        names: names.ofAgent(turn?.agent ?? question.agent),
      })
  }
  return [...seen.values()]
}

/**
 * The two tokens compared at first. After a second factor: the agent's token that the API did not take yet, and the accepted
 * one. Otherwise the user's token and the agent's, both of the shown answer or, if the user gave none, TR and the latest other TR.
 */
export function proposePair(
  tokens: readonly SeenToken[],
  { uses, exchange }: Pick<TurnFacts, 'uses' | 'exchange'>,
): readonly (SeenToken | undefined)[] {
  const find = (card: TokenCard | undefined) =>
    card && tokens.find(token => tokenKey(token.card) === tokenKey(card))
  const own = (role: TokenCard['role']) =>
    tokens.findLast(({ card, isShown }) => isShown && card.role === role)
  const latest = (role: TokenCard['role']) => others.findLast(({ card }) => card.role === role)
  const right = find(exchange?.token) ?? own('TR') ?? tokens.findLast(({ card }) => card.role === 'TR')
  const others = tokens.filter(token => token !== right)
  const firstTry = find(uses.find(({ outcome }) => outcome === 'more')?.token)
  const before = firstTry === right ? undefined : firstTry
  return [before ?? find(exchange?.userToken) ?? own('Tc') ?? latest('TR') ?? others.at(-1), right]
}

/** A token's name, and what tells it from the others. Short, since a narrow field cuts off the end. */
export function describeToken(token: SeenToken, tokens: readonly SeenToken[]): string {
  const { card, turn, flow, isShown, names } = token
  const ofTwoAgents = tokens.some(other => other.names.agent !== names.agent)
  const alike = tokens.filter(other => other.card.role === card.role && other.turn === turn)
  const apart = alike.length > 1 ? tellApart(token, alike) : undefined
  const answer = ofTwoAgents ? names.agent : isShown ? (apart ? undefined : 'this answer') : `answer ${turn}`
  const kind = card.role === 'Tc' ? 'Your token' : flowWords[flow].result
  return toReader([kind, answer, apart].filter(Boolean).join(', '), names)
}

/** What tells a token from those like it: its API, whether it carries the proof of a second factor, or else its place. */
function tellApart(token: SeenToken, alike: readonly SeenToken[]): string {
  const audience = audienceOf(token)
  if (alike.some(other => audienceOf(other) !== audience)) return `for ${audience}`
  const isProven = ({ card }: SeenToken) => contextsOf(card).length > 0
  const same = alike.filter(other => isProven(other) === isProven(token))
  const factor = same.length < alike.length && `${isProven(token) ? 'after' : 'before'} the second factor`
  const place = same.length > 1 && `${same.indexOf(token) + 1} of ${same.length}`
  return [factor, place].filter(Boolean).join(', ')
}

function audienceOf({ card, names }: SeenToken): string {
  return nameOrId(card.claims?.['aud'], names) ?? 'unknown audience'
}
