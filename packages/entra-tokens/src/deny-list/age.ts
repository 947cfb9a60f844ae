import type { Registry } from 'prom-client'
import type { DenyList } from './deny-list.ts'

/** Shows the age of an API's deny list, for REST and MCP together. Imported only where there are metrics. */
export async function showAge(
  registry: Registry,
  api: string,
  denyList: Pick<DenyList, 'ageSeconds'>,
): Promise<void> {
  const { Gauge } = await import('prom-client')
  const name = `${api.replaceAll('-', '_')}_deny_list_age_seconds`
  if (registry.getSingleMetric(name)) return
  const help =
    'Seconds since the deny list was last seen to be up to date, or since the start if it was never read.'
  new Gauge({
    name,
    help,
    registers: [registry],
    collect() {
      this.set(denyList.ageSeconds)
    },
  })
}
