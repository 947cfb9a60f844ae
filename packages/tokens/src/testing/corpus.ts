import { type Audience, weatherApi } from './agent-claims.ts'
import { forgedTokens } from './forged-tokens.ts'
import type { TestIssuer } from './token-issuer.ts'
import { type BadToken, wrongClaims } from './wrong-claims.ts'

/** Every kind of token that an API must refuse, made for this API. */
export function badTokens(issuer: TestIssuer, api: Audience = weatherApi): readonly BadToken[] {
  // Tokens with odd key ids come first, so that later tokens show whether the odd key ids have harmed the service.
  return [...forgedTokens(issuer, api), ...wrongClaims(issuer, api)]
}

/** One bad token for each combination of failed check and status. */
export function oneOfEachFault(corpus: readonly BadToken[]): readonly BadToken[] {
  return [...new Map(corpus.map(bad => [`${bad.status} ${bad.failedCheck}`, bad])).values()]
}
