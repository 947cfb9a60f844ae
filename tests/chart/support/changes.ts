import { globSync } from 'node:fs'
import { resolve } from 'node:path'
import { expect } from 'vitest'
import { readConfig as readSidecarConfig } from '../../../emulators/auth-sidecar/src/config.ts'
import { list, printChanges } from './listing.ts'
import { type Rendering, type RenderOptions, render } from './render.ts'

type Settings = Readonly<Record<string, string>>

const root = resolve(import.meta.dirname, '../../..')

/** How each service of this repository reads its settings. */
const services = await Promise.all(
  globSync('services/*/src/config.ts', { cwd: root }).map(async path => {
    const { readConfig } = (await import(resolve(root, path))) as { readConfig(settings: Settings): unknown }
    return { name: path.split('/')[1] ?? '', readConfig }
  }),
)

/** Variables that others read: Node, the SDKs of AWS and OpenTelemetry, and tools that somebody adds. */
const notOfServices = /^(AWS_|NODE_|POD_|NO_PROXY|HTTP_PROXY|HTTPS_PROXY|ORDERS_|BILLS_|PRICE)/

/** The settings that a service does not read, although the chart makes them. */
function unreadSettings(settings: Settings, read: (settings: Settings) => unknown): readonly string[] {
  const unread = new Set(Object.keys(settings).filter(name => !notOfServices.test(name)))
  const get = (all: Settings, name: string) => {
    unread.delete(name)
    return all[name]
  }
  read(new Proxy(settings, { get }))
  return [...unread]
}

/** @throws if a service refuses its settings */
function unreadSettingsIn(rendering: Rendering): readonly string[] {
  readSidecarConfig(rendering.settings('demo-agent', 'sidecar'))
  const settingsOf = (name: string) =>
    name === 'agent'
      ? { ...rendering.agentSettings(), SEAL_KEYS_FILE: '' }
      : rendering.settings(`demo-${name}`, name)
  return services
    .filter(({ name }) => rendering.pods.has(`demo-${name}`))
    .flatMap(({ name, readConfig }) => unreadSettings(settingsOf(name), readConfig))
}

/** What each case changes of a release with the fewest values; its settings have to be those that the services read. */
export async function describeChanges(cases: readonly (readonly [string, RenderOptions])[]): Promise<string> {
  const base = list(await render())
  const describeCase = async ([what, options]: (typeof cases)[number]) => {
    const rendering = await render(options)
    expect(unreadSettingsIn(rendering), what).toEqual([])
    return `## ${what}\n\n${printChanges(base, list(rendering))}\n`
  }
  return (await Promise.all(cases.map(describeCase))).join('\n')
}
