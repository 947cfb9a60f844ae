import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type SidecarApi, sidecarEntries } from '@entra-agents/agentctl/sidecar-entries'
import { nameSidecarEntries } from '@entra-agents/identity/core'
import type { StackOverrides } from './agent-stack.ts'

interface RegisteredApi {
  readonly appId: string
  readonly appRoles: readonly string[]
  readonly scopes: readonly string[]
  /** Whether an administrator has consented to its scopes for all users. Default: true. */
  readonly adminConsent?: boolean
}

/**
 * The variables that make these APIs known to the emulators of Entra and the sidecar. Entra's variable names a seed, which
 * this function writes to `folder`.
 */
export function registerApis(folder: string, apis: Readonly<Record<string, RegisteredApi>>): StackOverrides {
  const file = join(folder, 'entra.json')
  const all = Object.entries(apis)
  const apps = all.map(([name, { appId, appRoles, scopes }]) => {
    return [name, { id: appId, roles: appRoles, scopes, optionalClaims: 'agent' }]
  })
  const scopesOf = ({ scopes, adminConsent = true }: RegisteredApi) => (adminConsent ? scopes : [])
  const agents = {
    'weather-agent': all.map(([name, api]) => [name, [...api.appRoles, ...scopesOf(api)]]),
    'alerts-agent': all.map(([name, api]) => [name, scopesOf(api)]),
  }
  const rights = Object.entries(agents).map(([name, may]) => [name, { may: Object.fromEntries(may) }])
  const blueprints = { weather: { agents: Object.fromEntries(rights) } }
  writeFileSync(file, JSON.stringify({ extends: 'demo', apps: Object.fromEntries(apps), blueprints }))
  const known = Object.entries(apis).map(([name, { appId }]) => describeApi(name, appId))
  return { entra: { ENTRA_SEED: file }, sidecar: sidecarEntries(known) }
}

/** An API that the sidecar gets tokens for in the flows `autonomous` and `obo`. */
export function describeApi(entry: string, appId: string, url = 'http://localhost'): SidecarApi {
  return { url, appId, flows: ['autonomous', 'obo'], sidecarEntries: nameSidecarEntries(entry) }
}
