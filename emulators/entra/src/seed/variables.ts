import { resolve } from 'node:path'
import type { EnvironmentReader } from '@entra-agents/service-kit'
import { wellKnown } from '../directory/well-known.ts'
import { memberOf, merge } from './extend.ts'

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
    const value = read(env, variable)
    return env.faults.length > before ? tree : merge(tree, nest(`${entry}.${member}`, value))
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

function nest(path: string, value: unknown): unknown {
  return path.split('.').reduceRight((inner, name) => ({ [name]: inner }), value)
}
