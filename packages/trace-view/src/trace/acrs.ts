import type { TokenCard } from '@entra-agents/trace'

export function contextsOf({ claims }: TokenCard): readonly string[] {
  const contexts = claims?.['acrs']
  return Array.isArray(contexts) ? contexts.map(String) : []
}

/** "acrs c1": the authentication contexts that a token proves, if any. */
export function tellContexts(card: TokenCard): readonly string[] {
  const contexts = contextsOf(card)
  return contexts.length > 0 ? [`acrs ${contexts.join(' ')}`] : []
}
