import type { Counter, Registry } from 'prom-client'

/**
 * Counts the decisions of an API, for REST and MCP together. No label value comes from a request. Imported only where there
 * are metrics.
 */
export async function decisionCounter(registry: Registry, api: string): Promise<Counter> {
  const { Counter } = await import('prom-client')
  const name = `${api.replaceAll('-', '_')}_token_decisions_total`
  const known = registry.getSingleMetric(name)
  if (known instanceof Counter) return known
  const help =
    'Decisions on tokens, by flow (empty where the token does not tell) and outcome (OK, a failed check or a problem code).'
  return new Counter({ name, help, labelNames: ['flow', 'outcome'], registers: [registry] })
}
