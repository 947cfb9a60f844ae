import type { TokenCard } from '@entra-agents/trace'

/** "acrs c1": the authentication contexts that a token proves, if any. */
export function tellContexts({ claims }: TokenCard): readonly string[] {
  const contexts = claims?.['acrs']
  return Array.isArray(contexts) && contexts.length > 0 ? [`acrs ${contexts.join(' ')}`] : []
}
