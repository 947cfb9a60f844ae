import { dirname, resolve } from 'node:path'
import type { EnvironmentReader } from '@entra-agents/service-kit'
import * as wellKnown from '@entra-agents/trace/well-known'
import type { Fault } from '../errors/shape.ts'
import { memberOf, merge, readYamlFile } from './file.ts'
import { makeTenant, type SeededTenant } from './tenant.ts'

const mostFaults = 50

/**
 * Makes the tenant of the file that `ENTRA_SEED` names, or else the demo's, with what other variables change in it. All
 * faults are reported as configuration faults.
 *
 * @param given a seed in its place: its content, or the path of a file
 */
export function readSeed(env: EnvironmentReader, given?: string | object): SeededTenant {
  const name = given ?? env.optional('ENTRA_SEED') ?? { extends: 'demo' }
  // npm runs a workspace's script in the workspace's folder; people mean the folder in which they are.
  const path = typeof name === 'string' ? resolve(env.text('INIT_CWD', '.'), name) : undefined
  const titleOfFile = given === undefined ? `${path} (ENTRA_SEED)` : path
  const title = path === undefined ? 'The seed' : titleOfFile
  const faults = new Set<string>()
  const tell: Fault = sentence => faults.add(sentence)
  const tellOfFile: Fault = sentence => tell(`the file ${sentence}`)
  const content = path === undefined ? JSON.parse(JSON.stringify(name)) : readYamlFile(path, tellOfFile)
  const tenant =
    faults.size > 0
      ? undefined
      : makeTenant(content, dirname(path ?? resolve('seed')), tell, extended => applyVariables(extended, env))
  // No terminal obeys control characters from the file.
  for (const sentence of [...faults].slice(0, mostFaults))
    env.fault(`${title}: ${sentence.replaceAll(/\p{C}/gu, '�')}.`)
  if (faults.size > mostFaults) env.fault(`${title} has ${faults.size - mostFaults} faults more.`)
  // Without a tenant there are faults, for which the reader of the environment throws.
  return tenant as SeededTenant
}

type Read = (env: EnvironmentReader, name: string) => unknown

const guid: Read = (env, name) => env.guid(name)
const text: Read = (env, name) => env.text(name)
const path: Read = (env, name) => resolve(env.text(name))
const version: Read = (env, name) => Number(env.oneOf(name, ['1', '2'], '2'))
const urls: Read = (env, name) => {
  const list = env.list(name, [])
  for (const url of list.filter(one => !URL.canParse(one)))
    env.fault(`${name} must be a list of URLs; "${url}" is none.`)
  return list
}
/** Where browsers may return after a consent for agents, unless `CONSENT_REDIRECT_URI` says otherwise. */
const consentPages: Read = (env, name) =>
  env.list(name, []).flatMap(url => URL.parse('/auth/consent.html', url)?.href ?? [])
const federatedCredential: Read = env => {
  const [issuer, subject] = ['FEDERATED_ISSUER', 'FEDERATED_SUBJECT'].map(name => env.optional(name))
  if (!issuer || !subject)
    env.fault('FEDERATED_ISSUER and FEDERATED_SUBJECT go together: set both or neither.')
  const audience = env.text('FEDERATED_AUDIENCE', wellKnown.tokenExchangeUri)
  return { issuer, subject, audience }
}

/** Which member of which entry each variable sets. The names are those of the demo's tenant. */
const places: readonly (readonly [variable: string, entry: string, member: string, read: Read])[] = [
  ['TENANT_ID', 'tenant', 'id', guid],
  ['BLUEPRINT_APP_ID', 'blueprints.weather', 'id', guid],
  ['BLUEPRINT_CLIENT_SECRET', 'blueprints.weather', 'secret', text],
  ['BLUEPRINT_CERTIFICATE_FILE', 'blueprints.weather', 'certificate', path],
  ['FEDERATED_ISSUER', 'blueprints.weather', 'federatedCredential', federatedCredential],
  ['FEDERATED_SUBJECT', 'blueprints.weather', 'federatedCredential', federatedCredential],
  ['AGENT_CLIENT_ID', 'blueprints.weather.agents.weather-agent', 'id', guid],
  ['WEATHER_API_APP_ID', 'apps.weather-api', 'id', guid],
  ['WEATHER_API_PUBLIC_URL', 'apps.weather-api', 'identifierUris', urls],
  ['WEATHER_API_TOKEN_VERSION', 'apps.weather-api', 'tokenVersion', version],
  ['CLIENT_SPA_APP_ID', 'apps.page', 'id', guid],
  ['SPA_REDIRECT_URI', 'apps.page', 'redirectUris.spa', urls],
  ['SPA_REDIRECT_URI', 'blueprints.weather', 'redirectUris', consentPages],
  ['CONSENT_REDIRECT_URI', 'blueprints.weather', 'redirectUris', urls],
  ['SETUP_APP_ID', 'apps.set-up', 'id', guid],
  ['SETUP_CLIENT_SECRET', 'apps.set-up', 'secret', text],
]

/** Puts what the environment says over the content of a seed. A variable whose entry is not there is a fault. */
export function applyVariables(content: unknown, env: EnvironmentReader): unknown {
  const name = memberOf(content, 'tenant')
  const initial = typeof name === 'string' ? merge(content, { tenant: { name } }) : content
  const changed = places.reduce((tree, [variable, entry, member, read]) => {
    if (env.optional(variable) === undefined) return tree
    const before = env.faults.length
    requireEntry(tree, variable, entry, env)
    const path = `${entry}.${member}`.split('.')
    const change = path.reduceRight<unknown>((inner, one) => ({ [one]: inner }), read(env, variable))
    return env.faults.length > before ? tree : merge(tree, change)
  }, initial)
  return env.flag('EMPTY_TENANT', false) ? takeBeforeSetUp(changed, env) : changed
}

/** The tenant before its set-up: users, groups, and the application that sets it up. */
function takeBeforeSetUp(content: unknown, env: EnvironmentReader): unknown {
  requireEntry(content, 'EMPTY_TENANT', 'apps.set-up', env)
  const [tenant, users, groups, setUp] = ['tenant', 'users', 'groups', 'apps.set-up'].map(one =>
    memberOf(content, one),
  )
  return { tenant, users, groups, apps: { 'set-up': setUp } }
}

function requireEntry(content: unknown, variable: string, entry: string, env: EnvironmentReader): void {
  if (memberOf(content, entry) === undefined)
    env.fault(`${variable} is set, but the seed has no ${entry}: unset it, or add the entry.`)
}
