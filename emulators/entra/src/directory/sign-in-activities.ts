import { randomUUID } from 'node:crypto'
import type { JWTPayload } from 'jose'
import type { Directory } from './directory.ts'
import type { PasswordCredential } from './objects.ts'

/** What the report on a client has, with nothing about its use. */
const unused = {
  lastSignInActivity: null,
  applicationAuthenticationClientSignInActivity: null,
  applicationAuthenticationResourceSignInActivity: null,
  delegatedClientSignInActivity: null,
  delegatedResourceSignInActivity: null,
}

/** When clients and their secrets were used last. Entra's own reports are hours late; the emulator's are not. */
export class SignInActivities {
  readonly #clients = new Map<string, object>()
  #secrets = new WeakMap<PasswordCredential, object>()

  /** @param claims of the token that was issued */
  note(claims: JWTPayload, secret: PasswordCredential | undefined, nowMs: number): void {
    const lastSignInDateTime = new Date(nowMs).toISOString()
    const activity = { lastSignInDateTime, lastSignInRequestId: randomUUID() }
    const appId = String(claims['azp'] ?? claims['appid'])
    const use = `${claims['scp'] === undefined ? 'applicationAuthentication' : 'delegated'}ClientSignInActivity`
    const known = this.#clients.get(appId) ?? { id: randomUUID(), appId, ...unused }
    this.#clients.set(appId, { ...known, lastSignInActivity: activity, [use]: activity })
    if (secret) this.#secrets.set(secret, { id: randomUUID(), signInActivity: activity })
  }

  /** https://learn.microsoft.com/graph/api/resources/serviceprincipalsigninactivity */
  get ofClients(): readonly object[] {
    return [...this.#clients.values()]
  }

  /** https://learn.microsoft.com/graph/api/resources/appcredentialsigninactivity */
  ofSecrets(directory: Directory): readonly object[] {
    return directory.content.applications.flatMap(({ appId, id, passwordCredentials }) =>
      passwordCredentials.flatMap(secret => {
        const { keyId, startDateTime, endDateTime } = secret
        const used = this.#secrets.get(secret)
        if (!used) return []
        return {
          ...used,
          ...{ appId, appObjectId: id, keyId },
          keyType: 'clientSecret',
          keyUsage: 'sign',
          credentialOrigin: 'application',
          createdDateTime: startDateTime,
          expirationDateTime: endDateTime,
        }
      }),
    )
  }

  clear(): void {
    this.#clients.clear()
    this.#secrets = new WeakMap()
  }
}
