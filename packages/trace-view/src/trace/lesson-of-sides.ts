import { clientOf, rightsOf, wordsOfToken } from './read-token.ts'
import type { TurnFacts } from './turn-facts.ts'

/** One sentence on what two turns with the same question teach when they are seen side by side. */
export function lessonOfSides(left: TurnFacts, right: TurnFacts): string {
  const sides = [left, right].map(({ exchange }) => exchange)
  const [one, other] = sides.map(use => use?.token)
  if (!one || !other) return `${one || other ? 'Only one' : 'Neither'} of them has a token to call with.`
  if (clientOf(one) !== clientOf(other)) {
    const [first, second] = sides.map(use => use !== undefined && rightsOf(use.token).rights.length > 0)
    return first === second
      ? 'Same blueprint, same question, two identities: each calls under its own.'
      : 'Same blueprint, same question, two identities. Only one was given the right.'
  }
  const [mine, theirs] = [wordsOfToken(one).whose, wordsOfToken(other).whose]
  if (mine === theirs) return 'The same agent, the same rights: only the tokens are two.'
  return `The same agent calls either way. What changes is whose right it uses: ${mine}, or ${theirs}.`
}
