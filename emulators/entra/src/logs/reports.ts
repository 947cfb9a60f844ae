import type { Application } from '../directory/objects.ts'
import type { Logs } from './logs.ts'
import type { SignIn } from './sign-in.ts'

/** What the report on a client has, with nothing about its use. */
const unused = {
  lastSignInActivity: null,
  applicationAuthenticationClientSignInActivity: null,
  applicationAuthenticationResourceSignInActivity: null,
  delegatedClientSignInActivity: null,
  delegatedResourceSignInActivity: null,
}

const granted = ({ signIns }: Logs) => signIns.all.filter(({ status }) => status.errorCode === 0)

const activityOf = ({ id, createdDateTime }: SignIn) => {
  return { lastSignInDateTime: createdDateTime, lastSignInRequestId: id }
}

/** When each client last got a token (https://learn.microsoft.com/graph/api/resources/serviceprincipalsigninactivity). */
export function reportOnClients(logs: Logs): readonly object[] {
  const reports = new Map<string, object>()
  for (const row of granted(logs)) {
    const { appId, servicePrincipalId: id, signInEventTypes } = row
    const activity = activityOf(row)
    const use = signInEventTypes[0] === 'servicePrincipal' ? 'applicationAuthentication' : 'delegated'
    const known = reports.get(appId) ?? { id, appId, ...unused }
    reports.set(appId, { ...known, lastSignInActivity: activity, [`${use}ClientSignInActivity`]: activity })
  }
  return [...reports.values()]
}

/** When each secret last got a token (https://learn.microsoft.com/graph/api/resources/appcredentialsigninactivity). */
export function reportOnSecrets(logs: Logs, applications: readonly Application[]): readonly object[] {
  const uses = new Map(granted(logs).map(row => [row.servicePrincipalCredentialKeyId, row]))
  return applications.flatMap(({ appId, id, passwordCredentials }) =>
    passwordCredentials.flatMap(({ keyId, startDateTime, endDateTime }) => {
      const used = uses.get(keyId)
      if (!used) return []
      return {
        ...{ id: keyId, appId, appObjectId: id, keyId, signInActivity: activityOf(used) },
        ...{ keyType: 'clientSecret', keyUsage: 'sign', credentialOrigin: 'application' },
        ...{ createdDateTime: startDateTime, expirationDateTime: endDateTime },
      }
    }),
  )
}
