import { type ApiRegistration, tenant } from '@entra-agents/demo-tenant'
import type { Config } from '../config.ts'
import { graphRoleId, setUpRoles, stableId } from './graph-permissions.ts'
import {
  agentClaims,
  graphPrincipalId,
  idtypClaim,
  microsoftApplications,
  roleDefinitions,
} from './microsoft.ts'
import {
  type Application,
  type AppRoleAssignment,
  type DirectoryContent,
  newApplication,
  newRole,
  newScope,
  newServicePrincipal,
  type OptionalClaim,
  type PermissionGrant,
  seededAt,
  type User,
} from './objects.ts'
import type { ClientRegistration, OtherApiRegistration } from './registrations.ts'
import { wellKnown } from './well-known.ts'

const { users, agents, apis } = tenant
const demoWeather = apis['weather-api']

/** Object ids that documentation and tests use. */
export const seedIds = {
  ada: users.ada.id,
  agentUser: agents.weather.user.id,
  ben: users.ben.id,
  blueprintPrincipal: tenant.blueprint.principalId,
  weatherApplication: demoWeather.ids.application,
  weatherPrincipal: demoWeather.ids.principal,
  weatherReadAllRole: demoWeather.ids['Weather.Read.All'],
  spaPrincipal: tenant.page.principalId,
  setupPrincipal: tenant.setUp.principalId,
  graphPrincipal: graphPrincipalId,
  group: stableId('group Weather readers'),
} as const

const [alertsScope = ''] = demoWeather.onDemand.scopes

/** Puts the authentication contexts that the user has met into tokens, even if no claims request names them. */
const acrsClaim: OptionalClaim = { name: 'acrs', essential: false, additionalProperties: [] }
/**
 * The tenant after a complete set-up, in which all flows work, or before it (`EMPTY_TENANT`). Of the three agents the first has app roles
 * and consents, the second only consents, and the third no right at all. For the first two, Ada alone has consented to alerts.
 */
export function seedDirectory(config: Config): DirectoryContent {
  const complete = seedCompleteTenant(config)
  if (!config.isEmpty) return complete
  const { setupApp } = config
  const isKept = (appId: string) => [setupApp.appId, ...Object.values(wellKnown)].includes(appId)
  return {
    ...complete,
    users: complete.users.filter(({ identityParentId }) => identityParentId === undefined),
    applications: complete.applications.filter(({ appId }) => isKept(appId)),
    servicePrincipals: complete.servicePrincipals.filter(({ appId }) => isKept(appId)),
    appRoleAssignments: complete.appRoleAssignments.filter(
      ({ principalId }) => principalId === seedIds.setupPrincipal,
    ),
    permissionGrants: [],
    conditionalAccessPolicies: [],
  }
}

function seedCompleteTenant(config: Config): DirectoryContent {
  const { blueprint, spa, setupApp, agentId } = config
  const ownAgents = Object.values({ ...agents, weather: { ...agents.weather, id: agentId } })
  const seededApis = listApis(config)
  const { clients } = config.registrations
  const applications = [...seedApplications(config), ...seededApis.map(seedApi), ...clients.map(seedClient)]
  const apisOf = ({ apis }: ClientRegistration) => seededApis.filter(({ name }) => apis.includes(name))
  const principalIds = new Map<string, string>([
    [blueprint.appId, seedIds.blueprintPrincipal],
    [spa.appId, seedIds.spaPrincipal],
    [setupApp.appId, seedIds.setupPrincipal],
    [wellKnown.graphAppId, seedIds.graphPrincipal],
    ...seededApis.map(api => [api.appId, idOf(api, 'principal')] as const),
  ])
  return {
    users: [
      ...Object.values(users).map(seedUser),
      { ...seedUser(agents.weather.user), identityParentId: agentId },
    ],
    applications,
    servicePrincipals: [
      ...applications.map(({ appId, displayName, kind }) =>
        newServicePrincipal({
          id: principalIds.get(appId) ?? appId,
          appId,
          displayName,
          kind: kind === 'application' ? 'servicePrincipal' : 'agentIdentityBlueprintPrincipal',
        }),
      ),
      ...ownAgents.map(({ id, displayName }) =>
        newServicePrincipal({
          id,
          appId: id,
          kind: 'agentIdentity',
          displayName,
          agentIdentityBlueprintId: blueprint.appId,
          sponsors: [seedIds.ada],
        }),
      ),
    ],
    appRoleAssignments: [
      ...seededApis.flatMap(api =>
        api.appRoles.map(role => newAssignment(agentId, idOf(api, 'principal'), idOf(api, role))),
      ),
      ...clients
        .filter(({ secret }) => secret !== undefined)
        .flatMap(client =>
          apisOf(client).flatMap(api =>
            api.appRoles.map(role => newAssignment(client.appId, idOf(api, 'principal'), idOf(api, role))),
          ),
        ),
      ...setUpRoles.map(value =>
        newAssignment(seedIds.setupPrincipal, seedIds.graphPrincipal, graphRoleId(value)),
      ),
    ],
    permissionGrants: [
      consentForAll(seedIds.spaPrincipal, seedIds.blueprintPrincipal, tenant.blueprint.scope),
      ...clients.flatMap(client =>
        apisOf(client).map(api => consentForAll(client.appId, idOf(api, 'principal'), api.scopes.join(' '))),
      ),
      ...[agentId, agents.alerts.id].flatMap(id =>
        seededApis
          .filter(({ scopes, adminConsent = true }) => adminConsent && scopes.length > 0)
          .map(api => consentForAll(id, idOf(api, 'principal'), api.scopes.join(' '))),
      ),
      ...[agentId, agents.alerts.id].map(id => consentOfAda(id, seedIds.weatherPrincipal, alertsScope)),
    ],
    groups: [{ id: seedIds.group, kind: 'group', displayName: 'Weather readers', members: [] }],
    roleDefinitions: [...roleDefinitions],
    roleAssignments: [],
    roleEligibilities: [],
    groupEligibilities: [],
    accessPackageAssignments: [],
    conditionalAccessPolicies: [
      {
        id: stableId('policy Confirm changes'),
        displayName: 'Confirm changes by a second factor',
        state: 'enabled',
        conditions: {
          clientAppTypes: ['all'],
          users: { includeUsers: ['All'], excludeUsers: [] },
          applications: { includeAuthenticationContextClassReferences: ['c1'] },
        },
        grantControls: { operator: 'OR', builtInControls: ['mfa'] },
      },
    ],
  }
}

function seedUser(user: typeof users.ada): User {
  return { ...user, userPrincipalName: user.mail }
}

interface SeededApi extends OtherApiRegistration {
  readonly name: string
  readonly tokenVersion: 1 | 2
  readonly publicUrl?: string | undefined
}

/** The weather API and the APIs of `REGISTRATIONS_FILE`. */
function listApis({ weatherApi, registrations }: Config): readonly SeededApi[] {
  return [
    { ...demoWeather, ...weatherApi, name: 'weather-api' },
    ...[...registrations.apis].map(([name, api]) => ({ ...api, name, tokenVersion: 2 as const })),
  ]
}

/** An object id of an API. @param what `application`, `principal`, or the value of a scope or app role */
function idOf({ appId, ids = {} }: ApiRegistration, what: string): string {
  return ids[what] ?? stableId(`${appId} ${what}`)
}

/** What users read of a scope when they are asked to consent. */
const scopeTexts: Readonly<Record<string, string>> = {
  'Weather.Read': 'Read the weather',
  'Alerts.ReadWrite': 'Keep weather alerts',
}

function seedApi(api: SeededApi): Application {
  const { appId, displayName, tokenVersion, publicUrl, onDemand = { scopes: [], appRoles: [] } } = api
  const scopes = [...api.scopes, ...onDemand.scopes]
  const appRoles = [...api.appRoles, ...onDemand.appRoles]
  return newApplication({
    id: idOf(api, 'application'),
    appId,
    displayName,
    identifierUris: [`api://${appId}`, ...(publicUrl === undefined ? [] : [publicUrl])],
    api: {
      requestedAccessTokenVersion: tokenVersion,
      oauth2PermissionScopes: scopes.map(value => newScope(idOf(api, value), value, scopeTexts[value])),
      preAuthorizedApplications: [],
      acceptMappedClaims: true,
    },
    appRoles: appRoles.map(value => newRole(idOf(api, value), value)),
    optionalClaims: { accessToken: [...agentClaims, acrsClaim], idToken: [] },
  })
}

function seedClient({ appId, displayName, redirectUris, secret }: ClientRegistration): Application {
  const passwordCredentials = seedSecret(secret)
  return newApplication({ appId, displayName, spa: { redirectUris: [...redirectUris] }, passwordCredentials })
}

function seedApplications({ blueprint, spa, setupApp }: Config): Application[] {
  return [
    seedBlueprint(blueprint),
    newApplication({
      appId: spa.appId,
      displayName: tenant.page.displayName,
      spa: { redirectUris: [...spa.redirectUris] },
    }),
    newApplication({
      appId: setupApp.appId,
      displayName: tenant.setUp.displayName,
      passwordCredentials: seedSecret(setupApp.clientSecret),
    }),
    ...microsoftApplications.map(application => structuredClone(application)),
  ]
}

function seedBlueprint({
  appId,
  clientSecret,
  certificate,
  federatedCredential,
  consentUris,
}: Config['blueprint']): Application {
  return newApplication({
    appId,
    kind: 'agentIdentityBlueprint',
    displayName: tenant.blueprint.displayName,
    identifierUris: [`api://${appId}`],
    api: {
      requestedAccessTokenVersion: 2,
      oauth2PermissionScopes: [
        newScope(tenant.blueprint.scopeId, tenant.blueprint.scope, 'Ask the weather agent on your behalf'),
      ],
      preAuthorizedApplications: [],
    },
    optionalClaims: { accessToken: [idtypClaim, acrsClaim], idToken: [] },
    passwordCredentials: seedSecret(clientSecret),
    certificates: certificate === undefined ? [] : [certificate],
    federatedIdentityCredentials:
      federatedCredential === undefined
        ? []
        : [
            {
              id: stableId('federated credential of the seed'),
              name: 'weather-agent',
              description: null,
              ...federatedCredential,
            },
          ],
    sponsors: [seedIds.ada],
    web: { redirectUris: [...consentUris] },
  })
}

function seedSecret(secretText: string | undefined): Application['passwordCredentials'] {
  const endDateTime = '2999-01-01T00:00:00Z'
  return secretText === undefined
    ? []
    : [
        {
          keyId: stableId('secret of the seed'),
          displayName: null,
          startDateTime: seededAt,
          endDateTime,
          secretText,
        },
      ]
}

function newAssignment(principalId: string, resourceId: string, appRoleId: string): AppRoleAssignment {
  return { id: `${principalId}-${appRoleId}`, principalId, resourceId, appRoleId, createdDateTime: seededAt }
}

/** What the user Ada has consented to, for herself. */
function consentOfAda(clientId: string, resourceId: string, scope: string): PermissionGrant {
  const { ada: principalId } = seedIds
  const id = `${clientId}-${resourceId}-${principalId}`
  return { id, clientId, consentType: 'Principal', principalId, resourceId, scope }
}

function consentForAll(clientId: string, resourceId: string, scope: string): PermissionGrant {
  const id = `${clientId}-${resourceId}`
  return { id, clientId, consentType: 'AllPrincipals', principalId: null, resourceId, scope }
}
