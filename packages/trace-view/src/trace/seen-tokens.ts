import type { Flow, TokenCard } from '@entra-agents/trace'
import { flowWords } from '../words/flows.ts'
import type { Names } from '../words/names.ts'
import { toReader } from '../words/reader.ts'
import { tellContexts } from './acrs.ts'
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
 * The two tokens compared at first, both of the shown answer if it has two. After a stronger sign-in: the user's token before
 * and after it. Otherwise Tc and TR of the exchange that led to the outcome or, if it had no Tc, TR and the latest other TR.
 */
export function proposePair(
  tokens: readonly SeenToken[],
  { uses, exchange }: Pick<TurnFacts, 'uses' | 'exchange'>,
): readonly (SeenToken | undefined)[] {
  const find = (card: TokenCard | undefined) =>
    card && tokens.find(token => tokenKey(token.card) === tokenKey(card))
  const own = (role: TokenCard['role']) =>
    tokens.findLast(({ card, isShown }) => isShown && card.role === role)
  const firstTry = uses.find(({ outcome }) => outcome === 'more')
  const [before, after] = [find(firstTry?.userToken), find(exchange?.userToken)]
  if (before && after && before !== after) return [before, after]
  const right = find(exchange?.token) ?? own('TR') ?? tokens.findLast(({ card }) => card.role === 'TR')
  const others = tokens.filter(token => token !== right)
  const left = after ?? own('Tc') ?? others.findLast(({ card }) => card.role === 'TR') ?? others.at(-1)
  return [left, right]
}

/** A token's name, ending with the flow or what tells similar tokens apart. Short, since a narrow field cuts off the end. */
export function describeToken(token: SeenToken, tokens: readonly SeenToken[]): string {
  const { card, turn, flow, isShown, names } = token
  const ofTwoAgents = tokens.some(other => other.names.agent !== names.agent)
  const answer = ofTwoAgents ? names.agent : isShown ? 'this answer' : `answer ${turn}`
  const alike = tokens.filter(other => other.card.role === card.role && other.turn === turn)
  return [
    card.role,
    answer,
    alike.length > 1 ? tellApart(token, alike) : toReader(flowWords[flow].label, names),
  ].join(' · ')
}

/** What tells a token from those like it: its API or, if all are for one API, the authentication context that it proves. */
function tellApart(token: SeenToken, alike: readonly SeenToken[]): string {
  const audience = audienceOf(token)
  if (alike.some(other => audienceOf(other) !== audience)) return `for ${audience}`
  const [contexts] = tellContexts(token.card)
  return contexts ? `with ${contexts}` : 'without acrs'
}

function audienceOf({ card, names }: SeenToken): string {
  return nameOrId(card.claims?.['aud'], names) ?? 'unknown audience'
}
