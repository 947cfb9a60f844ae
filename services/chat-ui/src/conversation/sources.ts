import type { Actor, TraceStep } from '@entra-agents/trace'

/** For each API that was called, the source that it names for its data (`source` in its response). */
export function sourcesOf(steps: readonly TraceStep[]): { readonly api: Actor; readonly source: string }[] {
  const sources = new Map<string, { api: Actor; source: string }>()
  for (const { kind, to, response } of steps) {
    const body = response?.body
    if (kind !== 'api-call' || typeof body !== 'object' || body === null || !('source' in body)) continue
    if (typeof body.source === 'string') sources.set(`${to} ${body.source}`, { api: to, source: body.source })
  }
  return [...sources.values()]
}
