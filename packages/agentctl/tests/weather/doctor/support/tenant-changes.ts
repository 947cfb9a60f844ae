import type { Entra } from '../../../../../../emulators/entra/src/entra.ts'
import { identities } from '../../../../../../tests/support/identities.ts'
import { mustExist } from '../../../doctor/support/must-exist.ts'

const { agentId, agentUserId, traineeAgentId, blueprintAppId, pageAppId, weatherAppId, ada } = identities

export const blueprintOf = ({ directory }: Entra) => mustExist(directory.application(blueprintAppId))
const apiOf = ({ directory }: Entra) => mustExist(directory.application(weatherAppId))
const agentUserOf = ({ directory }: Entra) => mustExist(directory.user(agentUserId))
const principalOf = ({ directory }: Entra, appId: string) => mustExist(directory.principal(appId))
const disable = (one: { accountEnabled?: boolean }) => Object.assign(one, { accountEnabled: false })

/** Changes in the tenant that cause failures. */
export const tenantChanges = {
  'agent disabled': entra => disable(principalOf(entra, agentId)),
  'agent of another blueprint': entra =>
    Object.assign(principalOf(entra, agentId), { agentIdentityBlueprintId: pageAppId }),
  'agent user disabled': entra => disable(agentUserOf(entra)),
  'agent user of another agent': entra =>
    Object.assign(agentUserOf(entra), { identityParentId: traineeAgentId }),
  'agent user gone': entra => entra.directory.remove(agentUserOf(entra)),
  'agent gone': entra => entra.directory.remove(principalOf(entra, agentId)),
  'API’s identifier URI gone': entra => Object.assign(apiOf(entra), { identifierUris: [] }),
  'API’s principal disabled': entra => disable(principalOf(entra, weatherAppId)),
  'API’s scope disabled': entra => {
    for (const scope of apiOf(entra).api.oauth2PermissionScopes) scope.isEnabled = false
  },
  'assignment required': entra => {
    principalOf(entra, weatherAppId).appRoleAssignmentRequired = true
    entra.directory.content.appRoleAssignments = []
  },
  'mapped claims limited': ({ settings }) => settings.change({ limitsMappedClaims: true }),
  'blueprint disabled': entra => disable(principalOf(entra, blueprintAppId)),
  'blueprint’s principal gone': entra => entra.directory.remove(principalOf(entra, blueprintAppId)),
  'blueprint’s secret expired': entra => {
    const expired = { endDateTime: '2020-01-01T00:00:00Z' }
    const application = blueprintOf(entra)
    application.passwordCredentials = application.passwordCredentials.map(one => ({ ...one, ...expired }))
  },
  'consent for one user only': ({ directory: { content } }) => {
    for (const grant of content.permissionGrants)
      Object.assign(grant, { consentType: 'Principal', principalId: ada.oid })
  },
  'consent gone': ({ directory: { content } }) => {
    content.permissionGrants = content.permissionGrants.filter(grant => grant.clientId !== agentId)
  },
  'federated credential gone': entra => blueprintOf(entra).federatedIdentityCredentials.splice(0),
  'user gone': ({ directory: { content } }) => {
    content.users = content.users.filter(user => user.id !== ada.oid)
  },
} satisfies Readonly<Record<string, (entra: Entra) => unknown>>

export type TenantChange = keyof typeof tenantChanges
