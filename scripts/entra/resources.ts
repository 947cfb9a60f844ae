import { microsoft } from '@entra-bedrock-agent/demo-tenant'
import type { Json } from './graph.ts'
import type { Receipt, Recorded } from './receipt.ts'
import type { Access, AccessByMethod, Resource } from './resource.ts'
import { type FederatedCredential, nameOf, type Settings } from './settings.ts'

/** What the list is made from. */
export interface Target {
  readonly settings: Settings
  readonly setUpId: string
  readonly disabledAgents: readonly string[]
  readonly objects: Receipt['objects']
  readonly userAddress: (id: string) => string
  readonly nowMs: number
  /** Whether the blueprint's secret is where the sidecar finds it. */
  readonly hasSecret: () => boolean
}

// Ids need to be unique within their application only, so they are the same everywhere.
const accessAsUserId = '5c1f0d3e-6d0b-4d0a-9c55-0a7c2f6b1e01'
const weatherReadId = '5c1f0d3e-6d0b-4d0a-9c55-0a7c2f6b1e02'
const weatherReadAllId = '5c1f0d3e-6d0b-4d0a-9c55-0a7c2f6b1e03'

const developer = 'Agent ID Developer'
const administrator = 'Agent ID Administrator'
const consenter = 'Cloud Application Administrator'
const applications: AccessByMethod = { POST: { permission: 'Application.ReadWrite.All', role: consenter } }
const grants: AccessByMethod = {
  POST: { permission: 'DelegatedPermissionGrant.ReadWrite.All', role: consenter },
}

/** Reading needs what ordinary applications need anyway. */
function agentic(POST: Access, more: Partial<AccessByMethod> = {}): AccessByMethod {
  return { GET: applications.POST, POST, ...more }
}

/** Delegated permissions that all commands together need. */
export const permissions: readonly string[] = [...microsoft.graph.setUpPermissions, 'User.Read']

interface Users {
  /** Between the object's address and those of its users. */
  readonly cast: string
  readonly sponsor: Pick<Resource, 'access'> & Pick<Resource['find'], 'mayBeForbidden'>
  readonly owner: Pick<Resource, 'access'>
}

const usersOfBlueprint: Users = {
  cast: '/microsoft.graph.agentIdentityBlueprint',
  sponsor: { access: { POST: { permission: 'Application.ReadWrite.All', role: developer } } },
  owner: {
    access: {
      GET: { permission: 'AgentIdentityBlueprint.Read.All', role: developer },
      POST: { permission: 'AgentIdentityBlueprint.ReadWrite.All', role: developer },
    },
  },
}
const usersOfAgent: Users = {
  cast: '',
  // As documented, no signed-in user sees them, whatever the permission.
  sponsor: {
    access: { POST: { permission: 'AgentIdentity.ReadWrite.All', role: administrator } },
    mayBeForbidden: true,
  },
  owner: {
    access: {
      GET: { permission: 'AgentIdentity.Read.All', role: developer },
      POST: { permission: 'AgentIdentity.ReadWrite.All', role: developer },
    },
  },
}

/** Switching an agent off and on. */
export const switchAccess = agentic({ permission: 'AgentIdentity.EnableDisable.All', role: administrator })

export function agentKey(name: string): string {
  return `agent/${name}`
}

/** Everything that is wanted in the tenant, in the order in which it can be made; deleted backwards. */
export function listResources(target: Target): readonly Resource[] {
  const { settings } = target
  const makes: readonly Make[] = [
    ...withUsers(settings, blueprint, usersOfBlueprint),
    blueprintPrincipal,
    ...(settings.secretDays === null ? [] : [clientSecret]),
    ...settings.federatedCredentials.map(
      (credential): Make =>
        (one, id) =>
          federatedCredential(one, id, credential),
    ),
    page,
    principalOf('page'),
    pageGrant,
    weatherApi,
    principalOf('weather-api'),
    ...settings.agents.flatMap((name): Make[] => [
      ...withUsers(settings, (one, id) => agent(one, id, name), usersOfAgent),
      (_one, id) => appRole(id, name),
      (_one, id) => agentGrant(id, name),
    ]),
  ]
  return makes.map(make => make(target, key => target.objects[key] ?? placeholder(key)))
}

type Make = (target: Target, id: Ids) => Resource
type Ids = (key: string) => Required<Pick<Recorded, 'id'>> & Pick<Recorded, 'appId'>

/** Stands for an id that is not known yet, where a request is only shown. */
function placeholder(key: string) {
  return { id: `<id of ${key}>`, appId: `<client id of ${key}>` }
}

function blueprint(target: Target, id: Ids): Resource {
  const { blueprintName, serviceManagementReference } = target.settings
  const { appId } = id('blueprint')
  const created = {
    displayName: blueprintName,
    description: describe(target),
    ...(serviceManagementReference === null ? {} : { serviceManagementReference }),
  }
  return {
    key: 'blueprint',
    title: `blueprint "${blueprintName}"`,
    access: agentic(
      { permission: 'AgentIdentityBlueprint.Create', role: developer },
      {
        GET: { permission: 'AgentIdentityBlueprint.Read.All', role: developer },
        PATCH: { permission: 'AgentIdentityBlueprint.UpdateAuthProperties.All', role: developer },
        DELETE: { permission: 'AgentIdentityBlueprint.DeleteRestore.All', role: administrator },
      },
    ),
    needs: [],
    find: named('/applications/microsoft.graph.agentIdentityBlueprint', blueprintName, target),
    addressOf: object => `/applications/${object}`,
    create: {
      method: 'POST',
      path: '/applications/microsoft.graph.agentIdentityBlueprint',
      body: { ...created, ...people(target) },
    },
    desired: {
      ...created,
      identifierUris: [`api://${appId}`],
      api: {
        requestedAccessTokenVersion: 2,
        oauth2PermissionScopes: [
          scope(
            accessAsUserId,
            'access_as_user',
            'Ask the agent',
            'Lets the page ask the agent on your behalf.',
          ),
        ],
      },
      optionalClaims: { accessToken: [tokenKind] },
    },
  }
}

/** An object, and the users who answer for it (sponsors) or may change it (owners). */
function withUsers({ sponsors, owners }: Settings, make: Make, users: Users): readonly Make[] {
  const makeUser =
    (relation: 'sponsor' | 'owner') =>
    (user: string): Make =>
    (target, id) => {
      const { key, title, addressOf } = make(target, id)
      const { access, ...visibility } = users[relation]
      const path = `${addressOf?.(id(key).id)}${users.cast}/${relation}s`
      return {
        key: `${key}/${relation}/${user}`,
        title: `${relation} ${user} of ${title}`,
        access,
        needs: [key],
        find: { path, is: one => one['id'] === user, ...visibility },
        create: { method: 'POST', path: `${path}/$ref`, body: { '@odata.id': target.userAddress(user) } },
        desired: {},
        goesWith: key,
        comesAlong: true,
      }
    }
  return [make, ...sponsors.map(makeUser('sponsor')), ...owners.map(makeUser('owner'))]
}

function blueprintPrincipal(_target: Target, id: Ids): Resource {
  const { appId } = id('blueprint')
  return {
    key: 'blueprint-principal',
    title: 'principal of the blueprint',
    access: agentic({ permission: 'AgentIdentityBlueprintPrincipal.Create', role: developer }),
    needs: ['blueprint'],
    find: { path: `/servicePrincipals(appId='${appId}')` },
    addressOf: object => `/servicePrincipals/${object}`,
    create: {
      method: 'POST',
      path: '/servicePrincipals/microsoft.graph.agentIdentityBlueprintPrincipal',
      body: { appId },
    },
    desired: {},
    watched: { accountEnabled: true },
    goesWith: 'blueprint',
  }
}

function clientSecret({ settings, setUpId, objects, nowMs, hasSecret }: Target, id: Ids): Resource {
  const displayName = `entra-bedrock-agent ${setUpId}`
  const path = `/applications/${id('blueprint').id}`
  const { id: keyId } = objects['client-secret'] ?? {}
  const expiresMs = nowMs + (settings.secretDays ?? 0) * 86_400_000
  return {
    key: 'client-secret',
    title: `client secret of the blueprint, for ${settings.secretDays} days`,
    access: agentic({ permission: 'AgentIdentityBlueprint.AddRemoveCreds.All', role: administrator }),
    needs: ['blueprint'],
    find: {
      path,
      within: 'passwordCredentials',
      is: one => hasSecret() && one['keyId'] === keyId && Date.parse(String(one['endDateTime'])) > nowMs,
    },
    isLost: () => !hasSecret(),
    // Expired ones, and one whose text got lost with a run that was broken off.
    prepare: async graph => {
      const found = (await graph.read(path))?.['passwordCredentials']
      const useless = Array.isArray(found) ? found.filter(one => one.displayName === displayName) : []
      for (const one of useless)
        await graph.send({ method: 'POST', path: `${path}/removePassword`, body: { keyId: one.keyId } })
    },
    create: {
      method: 'POST',
      path: `${path}/addPassword`,
      body: { passwordCredential: { displayName, endDateTime: new Date(expiresMs).toISOString() } },
    },
    desired: {},
    idOf: object => String(object['keyId']),
    goesWith: 'blueprint',
  }
}

function federatedCredential(_target: Target, id: Ids, credential: FederatedCredential): Resource {
  const name = nameOf(credential)
  const path = `/applications/${id('blueprint').id}/federatedIdentityCredentials`
  const properties = { ...credential, audiences: [microsoft.tokenExchange.uri] }
  return {
    key: `federated-credential/${name}`,
    title: `federated credential for ${credential.subject} of ${credential.issuer}`,
    access: { POST: { permission: 'AgentIdentityBlueprint.AddRemoveCreds.All', role: developer } },
    needs: ['blueprint'],
    find: { path, is: one => one['name'] === name },
    addressOf: object => `${path}/${object}`,
    create: {
      method: 'PATCH',
      path: `${path}(name='${name}')`,
      headers: { prefer: 'create-if-missing' },
      body: properties,
    },
    desired: properties,
    goesWith: 'blueprint',
  }
}

function page(target: Target, id: Ids): Resource {
  const { pageName, redirectUris, serviceManagementReference } = target.settings
  const created = {
    displayName: pageName,
    description: describe(target),
    signInAudience: 'AzureADMyOrg',
    spa: { redirectUris: [...redirectUris] },
    requiredResourceAccess: [
      { resourceAppId: id('blueprint').appId, resourceAccess: [{ id: accessAsUserId, type: 'Scope' }] },
    ],
    ...(serviceManagementReference === null ? {} : { serviceManagementReference }),
  }
  return {
    key: 'page',
    title: `application "${pageName}", which users sign in to`,
    access: applications,
    needs: [],
    find: named('/applications', pageName, target),
    addressOf: object => `/applications/${object}`,
    create: { method: 'POST', path: '/applications', body: created },
    desired: created,
  }
}

function pageGrant(_target: Target, id: Ids): Resource {
  return {
    ...grant({
      client: id('page-principal').id,
      resource: id('blueprint-principal').id,
      scope: 'access_as_user',
    }),
    key: 'page/grant',
    title: 'consent for all users: the page may call the agent',
    needs: ['page-principal', 'blueprint-principal'],
  }
}

function weatherApi(target: Target, id: Ids): Resource {
  const { apiName, serviceManagementReference } = target.settings
  const api = {
    requestedAccessTokenVersion: 2,
    oauth2PermissionScopes: [
      scope(
        weatherReadId,
        'Weather.Read',
        'Read the weather',
        'Lets the agent read the weather on your behalf.',
      ),
    ],
  }
  const created = {
    displayName: apiName,
    description: describe(target),
    signInAudience: 'AzureADMyOrg',
    api,
    appRoles: [
      {
        id: weatherReadAllId,
        value: 'Weather.Read.All',
        displayName: 'Read the weather',
        description: 'Lets the agent read the weather as itself.',
        allowedMemberTypes: ['Application'],
        isEnabled: true,
      },
    ],
    ...(serviceManagementReference === null ? {} : { serviceManagementReference }),
  }
  return {
    key: 'weather-api',
    title: `application "${apiName}", the API`,
    access: applications,
    needs: [],
    find: named('/applications', apiName, target),
    addressOf: object => `/applications/${object}`,
    create: { method: 'POST', path: '/applications', body: created },
    desired: {
      ...created,
      identifierUris: [`api://${id('weather-api').appId}`],
      // Entra puts the claims about agents into an API's tokens only if it may add what is mapped.
      api: { ...api, acceptMappedClaims: true },
      optionalClaims: {
        accessToken: [
          ...['xms_act_fct', 'xms_sub_fct', 'xms_par_app_azp', 'xms_idrel', 'xms_tnt_fct'].map(name => ({
            name,
            essential: false,
          })),
          tokenKind,
        ],
      },
    },
  }
}

/** The principal of an ordinary application in this tenant. */
function principalOf(application: 'page' | 'weather-api') {
  return (_target: Target, id: Ids): Resource => {
    const { appId } = id(application)
    return {
      key: `${application}-principal`,
      title: `principal of ${application === 'page' ? 'the page' : 'the API'}`,
      access: applications,
      needs: [application],
      find: { path: `/servicePrincipals(appId='${appId}')` },
      addressOf: object => `/servicePrincipals/${object}`,
      create: { method: 'POST', path: '/servicePrincipals', body: { appId } },
      desired: {},
      watched: { accountEnabled: true },
    }
  }
}

function agent(target: Target, id: Ids, name: string): Resource {
  const { appId } = id('blueprint')
  const path = '/servicePrincipals/microsoft.graph.agentIdentity'
  return {
    key: agentKey(name),
    title: `agent identity "${name}"`,
    access: agentic(
      { permission: 'AgentIdentity.Create.All', role: developer },
      {
        GET: { permission: 'AgentIdentity.Read.All', role: developer },
        PATCH: switchAccess.POST,
        DELETE: { permission: 'AgentIdentity.DeleteRestore.All', role: administrator },
      },
    ),
    needs: ['blueprint', 'blueprint-principal'],
    find: {
      path: `${path}?$filter=displayName eq '${quote(name)}'`,
      is: one => one['agentIdentityBlueprintId'] === appId,
      isByName: true,
    },
    addressOf: object => `/servicePrincipals/${object}/microsoft.graph.agentIdentity`,
    create: {
      method: 'POST',
      path,
      body: { displayName: name, agentIdentityBlueprintId: appId, ...people(target) },
    },
    desired: { displayName: name, agentIdentityBlueprintId: appId },
    // Whoever switched the agent off, setting up does not switch it on again.
    watched: { accountEnabled: !target.disabledAgents.includes(name) },
  }
}

function appRole(id: Ids, name: string): Resource {
  const { id: principalId } = id(agentKey(name))
  const { id: resourceId } = id('weather-api-principal')
  const path = `/servicePrincipals/${principalId}/appRoleAssignments`
  return {
    key: `${agentKey(name)}/app-role`,
    title: `app role Weather.Read.All for "${name}", which then reads the weather as itself`,
    access: { POST: { permission: 'AppRoleAssignment.ReadWrite.All', role: consenter } },
    needs: [agentKey(name), 'weather-api-principal'],
    find: {
      path,
      is: one => one['resourceId'] === resourceId && one['appRoleId'] === weatherReadAllId,
    },
    create: { method: 'POST', path, body: { principalId, resourceId, appRoleId: weatherReadAllId } },
    addressOf: object => `${path}/${object}`,
    isListedOnly: true,
    desired: {},
  }
}

function agentGrant(id: Ids, name: string): Resource {
  return {
    ...grant({
      client: id(agentKey(name)).id,
      resource: id('weather-api-principal').id,
      scope: 'Weather.Read',
    }),
    key: `${agentKey(name)}/grant`,
    title: `consent for all users: "${name}" may read the weather on their behalf`,
    needs: [agentKey(name), 'weather-api-principal'],
  }
}

function grant({ client, resource, scope: value }: { client: string; resource: string; scope: string }) {
  const path = '/oauth2PermissionGrants'
  return {
    access: grants,
    find: {
      path: `${path}?$filter=clientId eq '${client}'`,
      // A consent of one user's own is another object, and no reason to leave this one out.
      is: (one: Json) => one['resourceId'] === resource && one['consentType'] === 'AllPrincipals',
    },
    create: {
      method: 'POST',
      path,
      body: { clientId: client, consentType: 'AllPrincipals', resourceId: resource, scope: value },
    },
    // Compared to the letter: Entra takes a scope behind a blank for not granted.
    desired: { scope: value },
    addressOf: (object: string) => `${path}/${object}`,
    isListedOnly: true,
  } as const
}

/** How an application is found that has no id in the receipt: by its name, and by who made it. */
function named(path: string, name: string, target: Target): Resource['find'] {
  return {
    path: `${path}?$filter=displayName eq '${quote(name)}'`,
    is: one => one['description'] === describe(target),
    isNamesake: one => one['displayName'] === name,
    isByName: true,
  }
}

function quote(text: string): string {
  return encodeURIComponent(text.replaceAll("'", "''"))
}

function describe({ setUpId }: Target): string {
  return `Made by the set-up of entra-bedrock-agent (${setUpId}).`
}

function people({ settings: { sponsors, owners }, userAddress }: Target): Json {
  return {
    'sponsors@odata.bind': sponsors.map(userAddress),
    ...(owners.length > 0 ? { 'owners@odata.bind': owners.map(userAddress) } : {}),
  }
}

const tokenKind = { name: 'idtyp', essential: false, additionalProperties: ['include_user_token'] }

function scope(id: string, value: string, name: string, description: string): Json {
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
