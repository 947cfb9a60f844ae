import type { Config } from '../config.ts'
import { graphAppRoles, graphScopes, setupPermissions } from './graph-permissions.ts'
import { newApplication, newRole, newScope, newServicePrincipal } from './new-objects.ts'
import type { DirectoryContent, OptionalClaim, PasswordCredential } from './types.ts'
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
  spaApplication: 'dddddddd-0000-4000-8000-0000000000d0',
  spaPrincipal: 'dddddddd-0000-4000-8000-0000000000d1',
  setupApplication: 'ffffffff-0000-4000-8000-0000000000f0',
  setupPrincipal: 'ffffffff-0000-4000-8000-0000000000f1',
  graphPrincipal: '00000003-0000-4000-8000-000000000001',
  tokenExchangePrincipal: 'fb60f99c-0000-4000-8000-000000000001',
} as const

/** Without these an API's tokens carry no sign that an agent acts; Graph's tokens always do. */
const agentClaims: readonly OptionalClaim[] = [
  ...['xms_act_fct', 'xms_sub_fct', 'xms_par_app_azp', 'xms_idrel', 'xms_tnt_fct'].map(name => ({
    name,
    essential: false,
    additionalProperties: [],
  })),
  { name: 'idtyp', essential: false, additionalProperties: ['include_user_token'] },
]

/** The tenant as it is after a complete set-up: every flow of the product works. */
export function seedDirectory(config: Config): DirectoryContent {
  const { blueprint, weatherApi, spa, setupApp, agentId } = config
  return {
    users: [
      {
        id: seedIds.ada,
        displayName: 'Ada Osei',
        givenName: 'Ada',
        surname: 'Osei',
        userPrincipalName: 'ada@contoso.example',
        mail: 'ada@contoso.example',
      },
      {
        id: seedIds.ben,
        displayName: 'Ben Lindqvist',
        givenName: 'Ben',
        surname: 'Lindqvist',
        userPrincipalName: 'ben@contoso.example',
        mail: 'ben@contoso.example',
      },
    ],

    applications: [
      newApplication({
        id: blueprint.appId,
        appId: blueprint.appId,
        kind: 'agentIdentityBlueprint',
        displayName: 'Weather Agent Blueprint',
        identifierUris: [`api://${blueprint.appId}`],
        api: {
          requestedAccessTokenVersion: 2,
          oauth2PermissionScopes: [
            newScope(seedIds.accessAsUserScope, 'access_as_user', 'Ask the weather agent on your behalf'),
          ],
          preAuthorizedApplications: [],
        },
        optionalClaims: {
          accessToken: [{ name: 'idtyp', essential: false, additionalProperties: ['include_user_token'] }],
          idToken: [],
        },
        passwordCredentials: secret(blueprint.clientSecret),
        keyCredentials:
          blueprint.certificate === undefined
            ? []
            : [
                {
                  keyId: 'cccccccc-0000-4000-8000-0000000000c5',
                  displayName: 'seeded',
                  certificatePem: blueprint.certificate,
                },
              ],
        federatedIdentityCredentials:
          blueprint.federatedCredential === undefined
            ? []
            : [
                {
                  id: 'cccccccc-0000-4000-8000-0000000000c4',
                  name: 'weather-agent',
                  issuer: blueprint.federatedCredential.issuer,
                  subject: blueprint.federatedCredential.subject,
                  audiences: [blueprint.federatedCredential.audience],
                  description: null,
                },
              ],
        sponsors: [seedIds.ada],
      }),
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
        appRoles: [newRole(seedIds.weatherReadAllRole, 'Weather.Read.All', 'Read all weather')],
        optionalClaims: { accessToken: agentClaims, idToken: [] },
      }),
      newApplication({
        id: seedIds.spaApplication,
        appId: spa.appId,
        displayName: 'Weather Agent page',
        spa: { redirectUris: [...spa.redirectUris] },
        requiredResourceAccess: [
          {
            resourceAppId: blueprint.appId,
            resourceAccess: [{ id: seedIds.accessAsUserScope, type: 'Scope' }],
          },
        ],
      }),
      newApplication({
        id: seedIds.setupApplication,
        appId: setupApp.appId,
        displayName: 'Tenant set-up',
        passwordCredentials: secret(setupApp.clientSecret),
      }),
      newApplication({
        id: wellKnown.graphAppId,
        appId: wellKnown.graphAppId,
        displayName: 'Microsoft Graph',
        identifierUris: [wellKnown.graphUri],
        api: {
          requestedAccessTokenVersion: 1,
          oauth2PermissionScopes: graphScopes,
          preAuthorizedApplications: [],
        },
        appRoles: graphAppRoles,
        optionalClaims: { accessToken: agentClaims, idToken: [] },
      }),
      newApplication({
        id: wellKnown.tokenExchangeAppId,
        appId: wellKnown.tokenExchangeAppId,
        displayName: 'AAD Token Exchange',
        identifierUris: [wellKnown.tokenExchangeUri],
      }),
    ],

    servicePrincipals: [
      newServicePrincipal({
        id: seedIds.blueprintPrincipal,
        appId: blueprint.appId,
        kind: 'agentIdentityBlueprintPrincipal',
        displayName: 'Weather Agent Blueprint',
      }),
      newServicePrincipal({
        id: agentId,
        appId: agentId,
        kind: 'agentIdentity',
        displayName: 'weather-agent',
        agentIdentityBlueprintId: blueprint.appId,
        sponsors: [seedIds.ada],
      }),
      newServicePrincipal({
        id: seedIds.weatherPrincipal,
        appId: weatherApi.appId,
        displayName: 'Weather API',
      }),
      newServicePrincipal({
        id: seedIds.spaPrincipal,
        appId: spa.appId,
        displayName: 'Weather Agent page',
      }),
      newServicePrincipal({
        id: seedIds.setupPrincipal,
        appId: setupApp.appId,
        displayName: 'Tenant set-up',
      }),
      newServicePrincipal({
        id: seedIds.graphPrincipal,
        appId: wellKnown.graphAppId,
        displayName: 'Microsoft Graph',
      }),
      newServicePrincipal({
        id: seedIds.tokenExchangePrincipal,
        appId: wellKnown.tokenExchangeAppId,
        displayName: 'AAD Token Exchange',
      }),
    ],

    appRoleAssignments: [
      {
        id: 'weather-agent-reads-weather',
        principalId: agentId,
        resourceId: seedIds.weatherPrincipal,
        appRoleId: seedIds.weatherReadAllRole,
        createdDateTime: seededAt,
      },
      ...setupPermissions.map(value => ({
        id: `setup-${value}`,
        principalId: seedIds.setupPrincipal,
        resourceId: seedIds.graphPrincipal,
        appRoleId: graphRoleId(value),
        createdDateTime: seededAt,
      })),
    ],

    permissionGrants: [
      {
        id: 'page-may-ask-the-agent',
        clientId: seedIds.spaPrincipal,
        consentType: 'AllPrincipals',
        principalId: null,
        resourceId: seedIds.blueprintPrincipal,
        scope: 'access_as_user',
      },
      {
        id: 'agent-may-read-weather-for-people',
        clientId: agentId,
        consentType: 'AllPrincipals',
        principalId: null,
        resourceId: seedIds.weatherPrincipal,
        scope: 'Weather.Read openid profile offline_access',
      },
    ],
  }
}

const seededAt = '2026-01-01T00:00:00Z'

function secret(secretText: string | undefined): PasswordCredential[] {
  if (secretText === undefined) return []
  return [
    {
      keyId: '99999999-0000-4000-8000-000000000001',
      displayName: 'seeded',
      startDateTime: seededAt,
      endDateTime: '2999-01-01T00:00:00Z',
      secretText,
    },
  ]
}

function graphRoleId(value: string): string {
  const role = graphAppRoles.find(candidate => candidate.value === value)
  if (!role) throw new Error(`Graph has no application permission ${value}.`)
  return role.id
}
