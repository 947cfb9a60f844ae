import type { Entra } from '../../../../../../emulators/entra/src/entra.ts'
import { identities } from '../../../../../../tests/support/identities.ts'
import { mustExist } from '../../../doctor/support/must-exist.ts'
import type { Inducement, PodTokenFaults, TenantChange } from './causes.ts'
import type { Laptop, Variables } from './laptop.ts'

const { agentId, agentUserId, traineeAgentId, blueprintAppId, pageAppId, weatherAppId, ada } = identities

export const blueprintOf = ({ directory }: Entra) => mustExist(directory.application(blueprintAppId))
const principalOf = ({ directory }: Entra, appId: string) => mustExist(directory.principal(appId))

function removePrincipal({ directory: { content } }: Entra, appId: string): void {
  content.servicePrincipals = content.servicePrincipals.filter(one => one.appId !== appId)
}

const tenantChanges: Readonly<Record<TenantChange, (entra: Entra) => void>> = {
  'agent disabled': entra => {
    principalOf(entra, agentId).accountEnabled = false
  },
  'agent of another blueprint': entra => {
    Object.assign(principalOf(entra, agentId), { agentIdentityBlueprintId: pageAppId })
  },
  'agent user disabled': ({ directory }) => {
    mustExist(directory.user(agentUserId)).accountEnabled = false
  },
  'agent user of another agent': ({ directory }) => {
    Object.assign(mustExist(directory.user(agentUserId)), { identityParentId: traineeAgentId })
  },
  'agent user gone': ({ directory }) => directory.remove(mustExist(directory.user(agentUserId))),
  'agent gone': entra => removePrincipal(entra, agentId),
  'API’s identifier URI gone': ({ directory }) => {
    mustExist(directory.application(weatherAppId)).identifierUris = []
  },
  'API’s principal disabled': entra => {
    principalOf(entra, weatherAppId).accountEnabled = false
  },
  'API’s scope disabled': ({ directory }) => {
    for (const scope of mustExist(directory.application(weatherAppId)).api.oauth2PermissionScopes)
      scope.isEnabled = false
  },
  'API’s principal gone': entra => removePrincipal(entra, weatherAppId),
  'assignment required': entra => {
    principalOf(entra, weatherAppId).appRoleAssignmentRequired = true
    entra.directory.content.appRoleAssignments = []
  },
  'mapped claims limited': ({ settings }) => settings.change({ limitsMappedClaims: true }),
  'blueprint disabled': entra => {
    principalOf(entra, blueprintAppId).accountEnabled = false
  },
  'blueprint’s principal gone': entra => removePrincipal(entra, blueprintAppId),
  'blueprint’s secret expired': entra => {
    const application = blueprintOf(entra)
    const endDateTime = '2020-01-01T00:00:00Z'
    application.passwordCredentials = application.passwordCredentials.map(one => ({ ...one, endDateTime }))
  },
  'consent for one user only': ({ directory: { content } }) => {
    for (const grant of content.permissionGrants)
      Object.assign(grant, { consentType: 'Principal', principalId: ada.oid })
  },
  'consent gone': ({ directory: { content } }) => {
    content.permissionGrants = content.permissionGrants.filter(grant => grant.clientId !== agentId)
  },
  'federated credential gone': entra => void blueprintOf(entra).federatedIdentityCredentials.splice(0),
  'two hours later': ({ settings }) => settings.change({ clockOffsetSeconds: 7_200 }),
  'user gone': ({ directory: { content } }) => {
    content.users = content.users.filter(user => user.id !== ada.oid)
  },
}

/** Starts everything afresh, but makes one thing wrong. Returns a token that Ada got when all was well. */
export async function induce(laptop: Laptop, inducement: Inducement, weather?: Variables): Promise<string> {
  const { sidecar = {}, podToken, refuse, tenant } = inducement
  const isStopped = sidecar === 'stopped'
  await laptop.startAfresh(
    { ...(podToken ? podTokenVariables(laptop) : {}), ...(isStopped ? {} : sidecar) },
    weather,
  )
  const userToken = await laptop.token()
  if (isStopped) await laptop.stack.stop('sidecar')
  if (podToken) await projectToken(laptop, podToken)
  if (refuse) {
    const { leg, code } = refuse
    laptop.entra.faults.inject({ target: { leg }, fault: { kind: 'refuse', code } })
  }
  if (tenant) tenantChanges[tenant](laptop.entra)
  return userToken
}

function podTokenVariables({ cluster }: Laptop): Variables {
  return {
    AzureAd__ClientCredentials__0__SourceType: 'SignedAssertionFilePath',
    AzureAd__ClientCredentials__0__ClientSecret: undefined,
    AzureAd__ClientCredentials__0__SignedAssertionFileDiskPath: cluster.tokenFile,
  }
}

async function projectToken({ cluster }: Laptop, claims: PodTokenFaults | 'missing'): Promise<void> {
  if (claims === 'missing') await cluster.removeToken()
  else await cluster.project({ aud: 'api://AzureADTokenExchange', ...claims })
}
