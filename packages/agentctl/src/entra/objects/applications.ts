import { Mistake } from '../../set-up/mistake.ts'
import { type Graph, type Json, readIfShown } from '../graph.ts'
import { consentUrisOf, hasAlerts } from '../settings.ts'
import { type AccessByMethod, adminRole, applicationAccess, consenterRole, developerRole } from './access.ts'
import {
  bindUsers,
  type Collection,
  type Found,
  type Kind,
  quoteForFilter,
  type Target,
  type TenantObject,
} from './tenant-object.ts'

// Ids need to be unique within their application only, so every tenant gets the same ids.
const accessAsUserId = '5c1f0d3e-6d0b-4d0a-9c55-0a7c2f6b1e01'
const weatherReadId = '5c1f0d3e-6d0b-4d0a-9c55-0a7c2f6b1e02'
export const weatherReadAllId = '5c1f0d3e-6d0b-4d0a-9c55-0a7c2f6b1e03'
export const alertsReadWriteId = '5c1f0d3e-6d0b-4d0a-9c55-0a7c2f6b1e04'
export const alertsReadWriteAllId = '5c1f0d3e-6d0b-4d0a-9c55-0a7c2f6b1e05'

export const blueprintPath = '/applications/microsoft.graph.agentIdentityBlueprint'
const blueprintAccess: AccessByMethod = {
  GET: { permission: 'AgentIdentityBlueprint.Read.All', role: developerRole },
  POST: { permission: 'AgentIdentityBlueprint.Create', role: developerRole },
  PATCH: { permission: 'AgentIdentityBlueprint.UpdateAuthProperties.All', role: developerRole },
  rename: { permission: 'AgentIdentityBlueprint.UpdateBranding.All', role: developerRole },
  // Microsoft's pages contradict each other: some name one of these roles, some the other.
  DELETE: {
    permission: 'AgentIdentityBlueprint.DeleteRestore.All',
    role: `${adminRole} or ${consenterRole}`,
  },
}

/** Permissions and roles to set redirect URIs for consent to agents (https://learn.microsoft.com/entra/agent-id). */
const redirectAccess: AccessByMethod = {
  ...blueprintAccess,
  PATCH: { permission: 'AgentIdentityBlueprint.ReadWrite.All', role: developerRole },
}

/** The blueprint: what the sidecar authenticates as, and the audience of users' tokens. */
export const blueprint = registered(target => ({
  key: 'blueprint',
  name: target.settings.blueprintName,
  title: `blueprint "${target.settings.blueprintName}"`,
  path: blueprintPath,
  access: consentUrisOf(target.settings).length > 0 ? redirectAccess : blueprintAccess,
  created: () => ({}),
  bound: bindUsers(target),
  added: () => ({
    identifierUris: [`api://${target.appIdOf('blueprint')}`],
    api: {
      requestedAccessTokenVersion: 2,
      oauth2PermissionScopes: [
        scope(accessAsUserId, 'access_as_user', 'Ask the agent', 'ask the agent', 'page'),
      ],
      preAuthorizedApplications: [],
    },
    optionalClaims: { accessToken: [tokenKindClaim, ...contextClaims(target)] },
    signInAudience: 'AzureADMyOrg',
    web: { redirectUris: consentUrisOf(target.settings) },
    managerApplications: [],
  }),
}))

/** The application of the page, which users sign in to. */
export const page = registered(target => ({
  key: 'page',
  name: target.settings.pageName,
  title: `application "${target.settings.pageName}", which users sign in to`,
  created: () => ({
    signInAudience: 'AzureADMyOrg',
    spa: { redirectUris: [...target.settings.redirectUris] },
    requiredResourceAccess: [
      { resourceAppId: target.appIdOf('blueprint'), resourceAccess: [{ id: accessAsUserId, type: 'Scope' }] },
    ],
  }),
  added: () => ({
    web: { redirectUris: [] },
    publicClient: { redirectUris: [] },
    isFallbackPublicClient: false,
  }),
}))

/** The application of the weather API: the audience of the agent's tokens. */
export const weatherApi = registered(target => ({
  key: 'weather-api',
  name: target.settings.apiName,
  title: `application "${target.settings.apiName}", the API`,
  created: () => ({ signInAudience: 'AzureADMyOrg', api: scopesOf(target), appRoles: rolesOf(target) }),
  added: () => ({
    identifierUris: [`api://${target.appIdOf('weather-api')}`],
    // Entra adds the claims about agents to an API's tokens only if the API accepts mapped claims.
    api: { ...scopesOf(target), preAuthorizedApplications: [], acceptMappedClaims: true },
    optionalClaims: { accessToken: [...claimsAboutAgents, tokenKindClaim, ...contextClaims(target)] },
  }),
}))

const keepAlertsText = 'read, create and delete weather alerts'
const weatherRead = scope(weatherReadId, 'Weather.Read', 'Read the weather', 'read the weather')
const weatherReadAll = role(weatherReadAllId, 'Weather.Read.All', 'Read the weather', 'read the weather')
const alertsReadWrite = scope(alertsReadWriteId, 'Alerts.ReadWrite', 'Keep weather alerts', keepAlertsText)
const alertsAll = role(alertsReadWriteAllId, 'Alerts.ReadWrite.All', 'Keep weather alerts', keepAlertsText)

function scopesOf({ settings }: Target): Json {
  const ofAlerts = settings.alerts ? [{ ...alertsReadWrite, isEnabled: hasAlerts(settings) }] : []
  return { requestedAccessTokenVersion: 2, oauth2PermissionScopes: [weatherRead, ...ofAlerts] }
}

function rolesOf({ settings }: Target): readonly Json[] {
  const ofAlerts = settings.alerts ? [{ ...alertsAll, isEnabled: hasAlerts(settings) }] : []
  return [weatherReadAll, ...ofAlerts]
}

/** The optional claim `acrs`: tokens then name each authentication context that the user has proven, even if not requested. */
function contextClaims({ settings }: Target): readonly Json[] {
  return settings.alerts ? [{ name: 'acrs', essential: false }] : []
}

const tokenKindClaim = { name: 'idtyp', essential: false, additionalProperties: ['include_user_token'] }
const claimsAboutAgents = ['xms_act_fct', 'xms_sub_fct', 'xms_par_app_azp', 'xms_idrel', 'xms_tnt_fct'].map(
  name => ({ name, essential: false }),
)

interface Registration {
  readonly key: string
  readonly name: string
  readonly title: string
  readonly path?: string
  readonly access?: AccessByMethod
  /** Properties besides name and description that are set from the start. */
  readonly created: () => Json
  /** Properties that only the request that creates the application can set. */
  readonly bound?: Json
  /** Properties that contain the application's client id, and so are set afterwards. */
  readonly added?: () => Json
}

function registered(describe: (target: Target) => Registration): Kind {
  return { wanted: target => [application(target, describe(target))] }
}

function application(target: Target, registration: Registration): TenantObject {
  const { key, name, title, created, bound, added } = registration
  const { path = '/applications', access = applicationAccess } = registration
  const { serviceManagementReference } = target.settings
  const description = descriptionOf(target)
  const body = () => ({
    displayName: name,
    description,
    ...created(),
    ...(serviceManagementReference === null ? {} : { serviceManagementReference }),
  })
  const object: TenantObject = {
    key,
    title,
    access,
    needs: [],
    isFoundByName: true,
    isCheckedFirst: true,
    address: () => `/applications/${target.idOf(key)}`,
    create: () => ({ method: 'POST', path, body: { ...body(), ...bound } }),
    properties: () => ({ ...body(), ...added?.() }),
    find: async (graph: Graph): Promise<Found> => {
      // Some properties of a blueprint are shown under its own type only.
      const address = `/applications/${target.idOf(key)}${path.replace('/applications', '')}`
      const known = target.recorded(key) && (await graph.read(address))
      if (known) return { object: known }
      // An application that the receipt does not know is found by its name and the set-up's id in its description.
      const named = await graph.list(filterByName(path, name))
      const own = named.find(one => one['description'] === description)
      // Graph lists blueprints apart from other applications, but people see both in one list.
      const others = path === '/applications' ? [] : await readIfShown(() => listNamed(graph, name))
      const [namesake] = [...named, ...(others ?? [])]
      return own || !namesake ? { object: own } : { fault: namesakeProblem(title, namesake) }
    },
  }
  return object
}

function filterByName(path: string, name: string): string {
  return `${path}?$filter=displayName eq '${quoteForFilter(name)}'`
}

function listNamed(graph: Graph, name: string): Promise<readonly Json[]> {
  return graph.list(filterByName('/applications', name), { mayBeForbidden: true })
}

/** Other applications with the blueprint's name, which people may take for the blueprint. */
export function namesakesOf({ settings: { blueprintName } }: Target): Collection {
  return {
    ownerKey: 'blueprint',
    title: 'applications with the blueprint’s name',
    list: graph => listNamed(graph, blueprintName),
    isWanted: one => one['@odata.type'] === '#microsoft.graph.agentIdentityBlueprint',
    describe: ({ displayName }) => `application "${displayName}", which has the blueprint’s name`,
  }
}

function namesakeProblem(title: string, { id, description }: Json): Mistake {
  const [, setUpId] =
    /^Made by the set-up of entra-bedrock-agent \(([0-9a-f]{8})\)\.$/.exec(String(description)) ?? []
  const others = 'choose other names (--blueprint-name, --api-name, --page-name)'
  return new Mistake(
    `${title}: the tenant has one of that name already (${id}), which the receipt does not know.`,
    setUpId === undefined
      ? `Use the receipt of the run that made it (--receipt), or ${others}.`
      : `It was made by the set-up ${setUpId}: use its receipt (--receipt), have that written anew where it got lost (--adopt ${setUpId}), or ${others}.`,
  )
}

/** The description by which the applications of a set-up are found again. */
export function descriptionOf({ setUpId }: Pick<Target, 'setUpId'>): string {
  return `Made by the set-up of entra-bedrock-agent (${setUpId}).`
}

/** A right on behalf of a user. @param does what it lets the client do, such as `read the weather` */
function scope(id: string, value: string, name: string, does: string, client = 'agent'): Json {
  const description = `Lets the ${client} ${does} on your behalf.`
  return {
    id,
    value,
    type: 'User',
    isEnabled: true,
    adminConsentDisplayName: name,
    adminConsentDescription: description,
    userConsentDisplayName: name,
    userConsentDescription: description,
  }
}

/** A right of an application as itself. */
function role(id: string, value: string, displayName: string, does: string): Json {
  const description = `Lets the agent ${does} as itself.`
  return { id, value, displayName, description, allowedMemberTypes: ['Application'], isEnabled: true }
}
