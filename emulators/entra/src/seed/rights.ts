import { Directory, type Resource } from '../directory/directory.ts'
import { seededAt } from '../directory/objects.ts'
import type { TenantDraft } from './draft.ts'
import { list, quote } from './names.ts'
import type { RightsEntry } from './schema.ts'

/** Who has rights: the principal of a client, or a user, who can have app roles only. */
export interface Holder {
  /** Such as `agent "shopper"`. */
  readonly title: string
  readonly id: string
}

const missing = { any: 'neither a scope nor an app role', scope: 'no scope', role: 'no app role' }
type Choice = keyof typeof missing

/** Turns what the file says that somebody may do into grants of scopes and assignments of app roles. */
export function giveRights(
  draft: TenantDraft,
  holder: Holder,
  may: RightsEntry = {},
  choice: Choice = 'any',
): void {
  for (const [apiName, permissions] of Object.entries(may)) {
    const api = draft.apis.find(apiName, `${holder.title} may call`)
    if (!api) continue
    for (const permission of permissions)
      giveRight(draft, holder, { apiName, api, ...readRight(permission, choice) })
  }
}

interface Right {
  readonly value: string
  readonly choice: Choice
  /** Who consents to a scope, for themselves; absent: an administrator, for all users. */
  readonly user?: string | undefined
}

function readRight(permission: RightsEntry[string][number], choice: Choice): Right {
  if (typeof permission === 'string') return { value: permission, choice }
  if ('role' in permission) return { value: permission.role, choice: 'role' }
  return { value: permission.scope, choice: 'scope', user: permission.user }
}

function giveRight(
  { content, users, fault }: TenantDraft,
  { title, id }: Holder,
  { apiName, api, value, choice, user }: Right & { readonly apiName: string; readonly api: Resource },
): void {
  const { id: resourceId } = api.principal
  const scopes = choice === 'role' ? [] : api.application.api.oauth2PermissionScopes
  const roles = choice === 'scope' ? [] : api.application.appRoles
  const role = roles.find(one => one.value === value)
  const isScope = scopes.some(one => one.value === value)
  const sentence = `${title} may ${quote(value)} at ${quote(apiName)}, which`
  if (role && isScope)
    fault(
      `${sentence} has both a scope and an app role of this name: write {scope: ${value}} or {role: ${value}}`,
    )
  else if (role) {
    const assignment = { principalId: id, resourceId, appRoleId: role.id, createdDateTime: seededAt }
    content.appRoleAssignments.push({ id: `${id}-${role.id}`, ...assignment })
  } else if (isScope) {
    const principalId = user === undefined ? null : (users.find(user, `${title} has the consent of`) ?? null)
    const consentType = principalId === null ? 'AllPrincipals' : 'Principal'
    const grantId = [id, resourceId, principalId ?? []].flat().join('-')
    const grant = { id: grantId, clientId: id, resourceId, principalId, consentType, scope: value } as const
    new Directory(content).grant(grant)
  } else {
    const existing = [...scopes, ...roles].map(one => one.value)
    fault(`${sentence} has ${missing[choice]} of this name; it ${list(existing, 'has')}`)
  }
}
