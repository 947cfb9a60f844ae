import { adminRole, applicationAccess, developerRole } from './access.ts'
import { type Kind, readRecorded, type Target, type TenantObject } from './tenant-object.ts'

export const blueprintPrincipal: Kind = {
  wanted: target => [
    {
      ...principal(target, 'blueprint', 'the blueprint', '/microsoft.graph.agentIdentityBlueprintPrincipal'),
      access: {
        GET: applicationAccess.POST,
        POST: { permission: 'AgentIdentityBlueprintPrincipal.Create', role: developerRole },
        PATCH: { permission: 'AgentIdentityBlueprintPrincipal.EnableDisable.All', role: adminRole },
      },
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
  const appId = () => target.appIdOf(application)
  const object: TenantObject = {
    key,
    title: `principal of ${title}`,
    access: applicationAccess,
    needs: [application],
    address: () => `/servicePrincipals/${target.idOf(key)}${type}`,
    create: () => ({ method: 'POST', path: `/servicePrincipals${type}`, body: { appId: appId() } }),
    isOn: () => true,
    find: async graph => ({
      object:
        (await readRecorded(graph, target, object)) ??
        (await graph.read(`/servicePrincipals(appId='${appId()}')`)),
    }),
  }
  return object
}
