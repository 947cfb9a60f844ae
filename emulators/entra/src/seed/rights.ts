import { Directory, type Resource } from '../directory/directory.ts'
import { seededAt } from '../directory/objects.ts'
import { list, quote } from '../errors/shape.ts'
import type { TenantDraft } from './draft.ts'
import type { RightsEntry } from './schema.ts'

/** Who has rights: the principal of a client, or a user, who can have app roles only. */
type Holder = { readonly title: string; readonly id: string }

/** A scope, an app role, or either by one name. `user` consents to a scope, for themselves; without it, an administrator for all. */
type Right = Readonly<Partial<Record<'scope' | 'role' | 'user', string | undefined>>>

/** Turns what the file says that somebody may do into grants of scopes and assignments of app roles. */
export function giveRights(
  draft: TenantDraft,
  holder: Holder,
  may: RightsEntry = {},
  toRight: (name: string) => Right = name => ({ scope: name, role: name }),
): void {
  for (const [apiName, permissions] of Object.entries(may)) {
    const api = draft.apis.find(apiName, `${holder.title} may call`)
    if (!api) continue
    for (const one of permissions)
      giveRight(draft, holder, { apiName, api, ...(typeof one === 'string' ? toRight(one) : one) })
  }
}

function giveRight(
  { content, users, fault }: TenantDraft,
  { title, id }: Holder,
  { apiName, api, scope, role, user }: Right & { readonly apiName: string; readonly api: Resource },
): void {
  const { id: resourceId } = api.principal
  const value = scope ?? role ?? ''
  const scopes = scope === undefined ? [] : api.application.api.oauth2PermissionScopes
  const roles = role === undefined ? [] : api.application.appRoles
  const found = roles.find(one => one.value === value)
  const isScope = scopes.some(one => one.value === value)
  const sentence = `${title} may ${quote(value)} at ${quote(apiName)}, which`
  if (found && isScope)
    fault(
      `${sentence} has both a scope and an app role of this name: write {scope: ${value}} or {role: ${value}}`,
    )
  else if (found) {
    const assignment = { principalId: id, resourceId, appRoleId: found.id, createdDateTime: seededAt }
    content.appRoleAssignments.push({ id: `${id}-${found.id}`, ...assignment })
  } else if (isScope) {
    const principalId = user === undefined ? null : (users.find(user, `${title} has the consent of`) ?? null)
    const consentType = principalId === null ? 'AllPrincipals' : 'Principal'
    const grantId = [id, resourceId, principalId ?? []].flat().join('-')
    const grant = { id: grantId, clientId: id, resourceId, principalId, consentType, scope: value } as const
    new Directory(content).grant(grant)
  } else {
    const existing = [...scopes, ...roles].map(one => one.value)
    fault(`${sentence} has ${nameMissing({ scope, role })} of this name; it ${list(existing, 'has')}`)
  }
}

function nameMissing({ scope, role }: Right): string {
  if (scope === undefined) return 'no app role'
  return role === undefined ? 'no scope' : 'neither a scope nor an app role'
}
