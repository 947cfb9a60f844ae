import { isProxied, readProxy } from '@entra-bedrock-agent/service-kit'
import type { Check } from '../finding.ts'
import { trouble } from '../problems.ts'
import { type Container, containersOf, podsOf, type Release, settingsOf } from './release.ts'

/** Checks, if any container has a proxy, that all have one and that NO_PROXY names the host of each API with an http URL. */
export function proxyChecks(release: Release): readonly Check[] {
  const containers = ['agent', 'weather-api'].flatMap(component =>
    podsOf(release, component).slice(0, 1).flatMap(containersOf),
  )
  const withProxy = containers.filter(hasProxy)
  if (withProxy.length === 0) return []
  return [
    {
      name: 'proxy',
      async run() {
        const withoutProxy = containers.filter(container => !withProxy.includes(container))
        if (withoutProxy.length > 0)
          throw trouble(
            'PROXY_NOT_HONOURED',
            `Containers with a proxy: ${namesOf(withProxy)}; without: ${namesOf(withoutProxy)}.`,
          )
        for (const container of withProxy) {
          const settings = settingsOf(container)
          // The proxy's URLs are in a Secret, which the doctor does not read; a placeholder stands for them.
          const proxy = readProxy({
            HTTPS_PROXY: 'http://proxy',
            HTTP_PROXY: 'http://proxy',
            NO_PROXY: settings['NO_PROXY'],
          })
          const inside = Object.entries(settings).find(
            ([name, url]) =>
              /_API_URL$/.test(name) && url.startsWith('http:') && proxy && isProxied(url, proxy),
          )
          if (inside)
            throw trouble(
              'PROXY_NOT_HONOURED',
              `NO_PROXY of ${container.name} does not name ${new URL(inside[1]).hostname}, which is called without TLS.`,
            )
        }
        return `${namesOf(withProxy)} go by a proxy, but for what NO_PROXY names.`
      },
    },
  ]
}

function hasProxy({ env = [] }: Container): boolean {
  return env.some(({ name }) => /^https?_proxy$/i.test(name))
}

function namesOf(containers: readonly Container[]): string {
  return containers.map(({ name }) => name).join(', ')
}
