import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { type Config, readConfig } from '@entra-agents/agent/config'
import { ConfigurationError, isConfigurationError, type Variables } from '@entra-agents/service-kit'
import { configuredApis, readApiConfig } from './apis.ts'
import type { Check } from './finding.ts'
import { trouble } from './problems.ts'

/**
 * Reads the configuration as the agent and the APIs of this repository would read it.
 *
 * @throws ProblemError CONFIGURATION_INVALID that names every fault.
 */
export async function readConfiguration(env: Variables): Promise<Config> {
  const faults = new Set<string>()
  const collect = async <Result>(read: () => Result | Promise<Result>): Promise<Result | undefined> => {
    try {
      return await read()
    } catch (error) {
      if (!isConfigurationError(error)) throw error
      for (const fault of error.faults) faults.add(fault)
      return undefined
    }
  }
  const config = await collect(() => readConfig(env))
  for (const api of configuredApis(env)) await collect(() => readApiConfig(api, env))
  await collect(() => readExtraCertificates(env))
  if (config) for (const fault of [...repeatedIdFaults(config), ...authorityFaults(config)]) faults.add(fault)
  if (config === undefined || faults.size > 0) throw trouble('CONFIGURATION_INVALID', [...faults].join(' '))
  return config
}

export function secretCheck(env: Variables): Check {
  return {
    name: 'secrets',
    async run() {
      const secrets = ['BLUEPRINT_CLIENT_SECRET', 'AWS_SECRET_ACCESS_KEY', 'AWS_BEARER_TOKEN_BEDROCK']
      const stored = secrets.filter(name => env[name])
      return stored.length === 0
        ? 'No secret is in the configuration.'
        : trouble('SECRET_STORED', `The configuration holds ${stored.join(', ')}.`)
    },
  }
}

/** Node itself only warns of a file that it cannot use, and trusts nobody more. */
function readExtraCertificates({ NODE_EXTRA_CA_CERTS: file }: Variables): void {
  try {
    if (file) new X509Certificate(readFileSync(file))
  } catch (error) {
    const why = (error as Error).message
    throw new ConfigurationError([`NODE_EXTRA_CA_CERTS (${file}) cannot be used: ${why}.`])
  }
}

/** The authority must have no path, since the services append tenant and version. */
function authorityFaults({ blueprint: { authority } }: Config): readonly string[] {
  const { pathname, origin } = new URL(authority)
  return pathname === '/'
    ? []
    : [`ENTRA_AUTHORITY must end with its host: ${origin}, without tenant and /v2.0.`]
}

/** Ids that occur twice: the most frequent mistake is an id in the wrong variable. */
function repeatedIdFaults({ blueprint, agents, spaClientId, toolsets }: Config): readonly string[] {
  const ids: (readonly [name: string, id: string | undefined])[] = [
    ['TENANT_ID', blueprint.tenantId],
    ['BLUEPRINT_APP_ID', blueprint.blueprintAppId],
    ...agents.map(({ clientId }) => ['AGENT_CLIENT_ID', clientId] as const),
    ['CLIENT_SPA_APP_ID', spaClientId],
    ...toolsets.map(({ api }) => [`the app id of the ${api.title}`, api.appId] as const),
  ]
  return ids.flatMap(([name, id], index) => {
    const earlier = ids.slice(0, index).find(([, other]) => id !== undefined && other === id)
    return earlier ? [`${earlier[0]} and ${name} are the same id.`] : []
  })
}
