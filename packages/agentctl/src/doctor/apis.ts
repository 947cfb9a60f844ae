import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'
import type { ProblemKind, Variables } from '@entra-agents/service-kit'

const { resolve } = createRequire(import.meta.url)

/** The configured APIs, such as `tasks-api` for TASKS_API_APP_ID. */
export function configuredApis(env: Variables): readonly string[] {
  return Object.entries(env).flatMap(([variable, value]) => {
    const [, prefix] = /^([A-Z0-9_]+_API)_APP_ID$/.exec(variable) ?? []
    return prefix && value ? [prefix.toLowerCase().replaceAll('_', '-')] : []
  })
}

/** What an API of this repository reads from the environment; nothing for an API of another. */
export async function readApiConfig(api: string, env: Variables): Promise<void> {
  const entry = await importEntry<{ readConfig(env: Variables): unknown }>(api, 'config')
  entry?.readConfig(env)
}

/** The hint of an API of this repository for one of its own problems. */
export async function hintOfApi(api: string, code: string): Promise<string | undefined> {
  const entry = await importEntry<{ catalogue: Readonly<Record<string, ProblemKind>> }>(api, 'problems')
  return entry?.catalogue[code]?.hint
}

/** Imports an entry of the package with the API's name, if there is one. The doctor itself depends on no API. */
async function importEntry<Entry>(api: string, entry: string): Promise<Entry | undefined> {
  let path: string
  try {
    path = resolve(`@entra-agents/${api}/${entry}`)
  } catch {
    return undefined
  }
  return (await import(pathToFileURL(path).href)) as Entry
}
