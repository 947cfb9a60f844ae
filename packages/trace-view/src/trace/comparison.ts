import type { TokenCard } from '@entra-agents/trace'
import type { FactAnswer } from '../identity/verdict.ts'
import { type Claims, claimWords, groupOf, groupOrder } from './claims.ts'
import { lessonOfClaim } from './lessons.ts'
import type { Sign } from './sign.tsx'

/** One claim of two tokens, side by side. */
export interface ComparedClaim {
  readonly name: string
  readonly left: unknown
  readonly right: unknown
  readonly sign: Sign
  /** What the difference, or the lack of one, teaches. */
  readonly lesson: string | undefined
}

/** The claims of two tokens that were seen, aligned by meaning, in the order in which a token card shows them. */
export function compareTokens(left: TokenCard, right: TokenCard): ComparedClaim[] {
  const sides = [alignNames(left.claims ?? {}), alignNames(right.claims ?? {})] as const
  const names = [...new Set(sides.flatMap(side => [...side.keys()]))]
  const pair = { left, right }
  return names
    .map(name => {
      const [one, other] = sides.map(side => side.get(name))
      const sign = signOf(one, other)
      return { name, left: one, right: other, sign, lesson: lessonOfClaim(name, sign, pair) }
    })
    .sort((one, other) => groupOrder.indexOf(groupOf(one.name)) - groupOrder.indexOf(groupOf(other.name)))
}

/** v1 and v2 tokens spell some claims differently. */
function alignNames(claims: Claims): Map<string, unknown> {
  return new Map(Object.entries(claims).map(([name, value]) => [claimWords(name)?.inV2 ?? name, value]))
}

function signOf(left: unknown, right: unknown): Sign {
  if (left === undefined) return 'added'
  if (right === undefined) return 'removed'
  return JSON.stringify(left) === JSON.stringify(right) ? 'same' : 'changed'
}

/** How many claims were kept, changed, added and removed. */
export function tally(claims: readonly ComparedClaim[]): Readonly<Record<Sign, number>> {
  const counts = { same: 0, changed: 0, added: 0, removed: 0 }
  for (const { sign } of claims) counts[sign] += 1
  return counts
}

/** `same` if two answers to one of the four questions say the same about the same identity, else `changed`. */
export function compareAnswers(left: FactAnswer, right: FactAnswer): Sign {
  const isSame = left.value === right.value && whoseRight(left) === whoseRight(right) && left.id === right.id
  return isSame ? 'same' : 'changed'
}

/** The part of an answer that says whose right it is, such as “its own”. Only the answer about the right has this part. */
function whoseRight({ detail }: FactAnswer): string | undefined {
  return detail.find(part => typeof part === 'object' && 'term' in part)?.words
}
