import type { Actor, TraceStep } from '@entra-agents/trace'

/** For each API that was called, the source that it names for its data (`source` in its response). */
export function sourcesOf(steps: readonly TraceStep[]): { readonly api: Actor; readonly source: string }[] {
  const sources = new Map<string, { api: Actor; source: string }>()
  for (const { kind, to, response } of steps) {
    const { source } = Object(response?.body)
    if (kind === 'api-call' && typeof source === 'string') sources.set(`${to} ${source}`, { api: to, source })
  }
  return [...sources.values()]
}
