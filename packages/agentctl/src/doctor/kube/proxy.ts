import { isProxied, readProxy } from '@entra-agents/service-kit'
import type { Check } from '../finding.ts'
import { trouble } from '../problems.ts'
import { type Container, containersOf, podsOf, type Release, settingsOf } from './release.ts'

/** Checks, if any container has a proxy, that all have one and that NO_PROXY names the host of each API with an http URL. */
export function proxyChecks(release: Release): readonly Check[] {
  const containers = ['agent', 'weather-api'].flatMap(component =>
    podsOf(release, component).slice(0, 1).flatMap(containersOf),
  )
  const check = { name: 'proxy', run: async () => checkProxies(containers) }
  return containers.some(hasProxy) ? [check] : []
}

function checkProxies(containers: readonly Container[]): string {
  const withProxy = namesOf(containers.filter(hasProxy))
  const without = namesOf(containers.filter(container => !hasProxy(container)))
  if (without)
    throw trouble('PROXY_NOT_HONOURED', `Containers with a proxy: ${withProxy}; without: ${without}.`)
  for (const container of containers) {
    const settings = settingsOf(container)
    // The proxy's URL is in a Secret, which the doctor does not read; a placeholder stands for it.
    const proxy = readProxy({ HTTP_PROXY: 'http://proxy', NO_PROXY: settings['NO_PROXY'] })
    const [, inside] =
      Object.entries(settings).find(
        ([name, url]) => /_API_URL$/.test(name) && url.startsWith('http:') && proxy && isProxied(url, proxy),
      ) ?? []
    if (inside)
      throw trouble(
        'PROXY_NOT_HONOURED',
        `NO_PROXY of ${container.name} does not name ${new URL(inside).hostname}, which is called without TLS.`,
      )
  }
  return `${withProxy} go by a proxy, but for what NO_PROXY names.`
}

function hasProxy({ env = [] }: Container): boolean {
  return env.some(({ name }) => /^https?_proxy$/i.test(name))
}

function namesOf(containers: readonly Container[]): string {
  return containers.map(({ name }) => name).join(', ')
}
