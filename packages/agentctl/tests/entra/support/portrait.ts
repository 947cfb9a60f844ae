import type { DirectoryContent } from '../../../../../emulators/entra/src/directory/objects.ts'

/** Members that differ between two equal set-ups. */
const changingMembers = ['createdDateTime', 'startDateTime', 'endDateTime', 'keyId', 'secretText']
const setUpIdPattern =
  /(?<=of entra-bedrock-agent \(|"entra-bedrock-agent )[0-9a-f]{8}|(?<=-)[0-9a-f]{8}(?=@)/g

/** A tenant, or what is shown of it, as text that is equal for equal set-ups: ids are replaced by names. */
export function portray(content: DirectoryContent, shown: Partial<DirectoryContent> = content): string {
  const names = new Map<string, string>()
  for (const { id, displayName, kind } of content.servicePrincipals) names.set(id, `${kind} ${displayName}`)
  for (const { id, appId, displayName } of content.applications)
    for (const guid of [id, appId]) names.set(guid, `application ${displayName}`)
  for (const { id, displayName } of content.users) names.set(id, `user ${displayName}`)
  const anonymous = [
    ...content.appRoleAssignments,
    ...content.permissionGrants,
    ...content.applications.flatMap(one => one.federatedIdentityCredentials),
  ]
  for (const { id } of anonymous) names.set(id, 'some id')
  const text = JSON.stringify(
    shown,
    (key, value: unknown) => (changingMembers.includes(key) ? undefined : value),
    1,
  )
  return [...names]
    .reduce((sum, [id, name]) => sum.replaceAll(id, name), text)
    .replaceAll(setUpIdPattern, 'some set-up')
}
