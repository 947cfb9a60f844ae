import type { Config } from '../config.ts'
import { graphAppRoles, graphRoleId, graphScopes, setupPermissions } from './graph-permissions.ts'
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
import { wellKnown } from './well-known.ts'

/** Object ids that the demo's documentation and tests may rely on. */
export const seedIds = {
  ada: 'eeeeeeee-0000-4000-8000-0000000000e1',
  ben: 'eeeeeeee-0000-4000-8000-0000000000e2',
  blueprintPrincipal: 'cccccccc-0000-4000-8000-0000000000c1',
  weatherApplication: 'aaaaaaaa-0000-4000-8000-0000000000a0',
  weatherPrincipal: 'aaaaaaaa-0000-4000-8000-0000000000a1',
  weatherReadAllRole: 'aaaaaaaa-0000-4000-8000-0000000000a2',
  weatherReadScope: 'aaaaaaaa-0000-4000-8000-0000000000a3',
  accessAsUserScope: 'cccccccc-0000-4000-8000-0000000000c3',
  spaPrincipal: 'dddddddd-0000-4000-8000-0000000000d1',
  setupPrincipal: 'ffffffff-0000-4000-8000-0000000000f1',
  graphPrincipal: '00000003-0000-4000-8000-000000000001',
} as const

const idtyp: OptionalClaim = {
  name: 'idtyp',
  essential: false,
  additionalProperties: ['include_user_token'],
}
/** Without these an API's tokens carry no sign that an agent acts; Graph's tokens always do. */
const agentClaims: OptionalClaim[] = [
  ...['xms_act_fct', 'xms_sub_fct', 'xms_par_app_azp', 'xms_idrel', 'xms_tnt_fct'].map(name => ({
    name,
    essential: false,
    additionalProperties: [],
  })),
  idtyp,
]

/** The tenant as it is after a complete set-up, in which every flow of the product works, or before it. */
export function seedDirectory(config: Config): DirectoryContent {
  const complete = seedComplete(config)
  if (!config.isEmpty) return complete
  const { setupApp } = config
  const isKept = (appId: string) => [setupApp.appId, ...Object.values(wellKnown)].includes(appId)
  return {
    ...complete,
    applications: complete.applications.filter(({ appId }) => isKept(appId)),
    servicePrincipals: complete.servicePrincipals.filter(({ appId }) => isKept(appId)),
    appRoleAssignments: complete.appRoleAssignments.filter(
      ({ principalId }) => principalId === seedIds.setupPrincipal,
    ),
    permissionGrants: [],
  }
}

function seedComplete(config: Config): DirectoryContent {
  const { blueprint, weatherApi, spa, setupApp, agentId, siblingAgentId } = config
  const agents = siblingAgentId === undefined ? [agentId] : [agentId, siblingAgentId]
  const applications = seedApplications(config)
  const principalIds = new Map<string, string>([
    [blueprint.appId, seedIds.blueprintPrincipal],
    [weatherApi.appId, seedIds.weatherPrincipal],
    [spa.appId, seedIds.spaPrincipal],
    [setupApp.appId, seedIds.setupPrincipal],
    [wellKnown.graphAppId, seedIds.graphPrincipal],
  ])
  return {
    users: [seedUser(seedIds.ada, 'Ada Osei', 'ada'), seedUser(seedIds.ben, 'Ben Lindqvist', 'ben')],
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
      ...agents.map(id =>
        newServicePrincipal({
          id,
          appId: id,
          kind: 'agentIdentity',
          displayName: id === agentId ? 'weather-agent' : 'sibling-agent',
          agentIdentityBlueprintId: blueprint.appId,
          sponsors: [seedIds.ada],
        }),
      ),
    ],
    appRoleAssignments: [
      ...agents.map(id => assign(id, seedIds.weatherPrincipal, seedIds.weatherReadAllRole)),
      ...setupPermissions.map(value =>
        assign(seedIds.setupPrincipal, seedIds.graphPrincipal, graphRoleId(value)),
      ),
    ],
    permissionGrants: [
      consent(seedIds.spaPrincipal, seedIds.blueprintPrincipal, 'access_as_user'),
      ...agents.map(id => consent(id, seedIds.weatherPrincipal, 'Weather.Read')),
    ],
  }
}

function seedApplications({ blueprint, weatherApi, spa, setupApp }: Config): Application[] {
  const optionalClaims = { accessToken: agentClaims, idToken: [] }
  return [
    seedBlueprint(blueprint),
    newApplication({
      id: seedIds.weatherApplication,
      appId: weatherApi.appId,
      displayName: 'Weather API',
      identifierUris: [`api://${weatherApi.appId}`],
      api: {
        requestedAccessTokenVersion: weatherApi.tokenVersion,
        oauth2PermissionScopes: [
          newScope(seedIds.weatherReadScope, 'Weather.Read', 'Read the weather on your behalf'),
        ],
        preAuthorizedApplications: [],
      },
      appRoles: [newRole(seedIds.weatherReadAllRole, 'Weather.Read.All')],
      optionalClaims,
    }),
    newApplication({
      appId: spa.appId,
      displayName: 'Weather Agent page',
      spa: { redirectUris: [...spa.redirectUris] },
    }),
    newApplication({
      appId: setupApp.appId,
      displayName: 'Tenant set-up',
      passwordCredentials: seedSecret(setupApp.clientSecret),
    }),
    newApplication({
      appId: wellKnown.graphAppId,
      displayName: 'Microsoft Graph',
      identifierUris: [wellKnown.graphUri],
      api: {
        requestedAccessTokenVersion: 1,
        oauth2PermissionScopes: graphScopes,
        preAuthorizedApplications: [],
      },
      appRoles: graphAppRoles,
      optionalClaims,
    }),
    newApplication({
      appId: wellKnown.tokenExchangeAppId,
      displayName: 'AAD Token Exchange',
      identifierUris: [wellKnown.tokenExchangeUri],
    }),
  ]
}

function seedBlueprint({
  appId,
  clientSecret,
  certificate,
  federatedCredential,
}: Config['blueprint']): Application {
  return newApplication({
    appId,
    kind: 'agentIdentityBlueprint',
    displayName: 'Weather Agent Blueprint',
    identifierUris: [`api://${appId}`],
    api: {
      requestedAccessTokenVersion: 2,
      oauth2PermissionScopes: [
        newScope(seedIds.accessAsUserScope, 'access_as_user', 'Ask the weather agent on your behalf'),
      ],
      preAuthorizedApplications: [],
    },
    optionalClaims: { accessToken: [idtyp], idToken: [] },
    passwordCredentials: seedSecret(clientSecret),
    certificates: certificate === undefined ? [] : [certificate],
    federatedIdentityCredentials:
      federatedCredential === undefined
        ? []
        : [{ id: 'seeded', name: 'weather-agent', description: null, ...federatedCredential }],
    sponsors: [seedIds.ada],
  })
}

function seedUser(id: string, displayName: string, name: string): User {
  const mail = `${name}@contoso.example`
  return { id, displayName, userPrincipalName: mail, mail }
}

function seedSecret(secretText: string | undefined): Application['passwordCredentials'] {
  const endDateTime = '2999-01-01T00:00:00Z'
  return secretText === undefined
    ? []
    : [{ keyId: 'seeded', displayName: null, startDateTime: seededAt, endDateTime, secretText }]
}

function assign(principalId: string, resourceId: string, appRoleId: string): AppRoleAssignment {
  return { id: `${principalId}-${appRoleId}`, principalId, resourceId, appRoleId, createdDateTime: seededAt }
}

function consent(clientId: string, resourceId: string, scope: string): PermissionGrant {
  const id = `${clientId}-${resourceId}`
  return { id, clientId, consentType: 'AllPrincipals', principalId: null, resourceId, scope }
}
