import { type AccessByMethod, adminRole, applicationAccess, developerRole } from './access.ts'
import { type Kind, readRecorded, type Target, type TenantObject } from './tenant-object.ts'

const blueprintPrincipalAccess: AccessByMethod = {
  GET: applicationAccess.POST,
  POST: { permission: 'AgentIdentityBlueprintPrincipal.Create', role: developerRole },
  PATCH: { permission: 'AgentIdentityBlueprintPrincipal.EnableDisable.All', role: adminRole },
}

export const blueprintPrincipal: Kind = {
  wanted: target => [
    {
      ...principal(target, 'blueprint', 'the blueprint', '/microsoft.graph.agentIdentityBlueprintPrincipal'),
      access: blueprintPrincipalAccess,
      goesWith: 'blueprint',
    },
  ],
}

/** The service principals of the page and the API. */
export const principals: Kind = {
  wanted: target => [principal(target, 'page', 'the page'), principal(target, 'weather-api', 'the API')],
}

function principal(target: Target, application: string, title: string, type = ''): TenantObject {
  const key = `${application}-principal`
  const object: TenantObject = {
    key,
    title: `principal of ${title}`,
    access: applicationAccess,
    needs: [application],
    address: () => `/servicePrincipals/${target.idOf(key)}${type}`,
    create: () => ({
      method: 'POST',
      path: `/servicePrincipals${type}`,
      body: { appId: target.appIdOf(application) },
    }),
    isOn: () => true,
    find: async graph => ({
      object:
        (await readRecorded(graph, target, object)) ??
        (await graph.read(`/servicePrincipals(appId='${target.appIdOf(application)}')`)),
    }),
  }
  return object
}
