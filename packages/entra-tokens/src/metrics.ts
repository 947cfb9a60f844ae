import type { Counter, Registry } from '@prometheus-io/client'
import type { DenyList } from './deny-list/deny-list.ts'

// The metrics of an API, for REST and MCP together. No label value comes from a request. An API without metrics does not
// import the client.

/** Counts the decisions of an API. */
export async function openDecisionCounter(
  registry: Registry,
  api: string,
): Promise<Counter<'flow' | 'outcome'>> {
  const { Counter } = await import('@prometheus-io/client')
  const name = metricName(api, 'token_decisions_total')
  const known = registry.getSingleMetric(name)
  if (known instanceof Counter) return known
  const help =
    'Decisions on tokens, by flow (empty where the token does not tell) and outcome (OK, a failed check or a problem code).'
  return new Counter({ name, help, labelNames: ['flow', 'outcome'], registers: [registry] })
}

/** Shows the age of an API's deny list. */
export async function addDenyListAge(
  registry: Registry,
  api: string,
  denyList: Pick<DenyList, 'ageSeconds'>,
): Promise<void> {
  const { Gauge } = await import('@prometheus-io/client')
  const name = metricName(api, 'deny_list_age_seconds')
  if (registry.getSingleMetric(name)) return
  new Gauge({
    name,
    help: 'Seconds since the deny list was last seen to be up to date, or since the start if it was never read.',
    registers: [registry],
    collect() {
      this.set(denyList.ageSeconds)
    },
  })
}

const metricName = (api: string, what: string) => `${api.replaceAll('-', '_')}_${what}`
