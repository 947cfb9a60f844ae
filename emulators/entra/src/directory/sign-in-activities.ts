import { randomUUID } from 'node:crypto'
import type { JWTPayload } from 'jose'
import type { Directory } from './directory.ts'
import type { PasswordCredential } from './objects.ts'

interface LastSignIn {
  readonly lastSignInDateTime: string
  readonly lastSignInRequestId: string
}
type ActivityKind = 'applicationAuthenticationClientSignInActivity' | 'delegatedClientSignInActivity'

/** When clients and their secrets were used last. Entra's own reports are hours late; the emulator's are not. */
export class SignInActivities {
  readonly #clients = new Map<string, { readonly id: string } & Partial<Record<ActivityKind, LastSignIn>>>()
  #secrets = new WeakMap<PasswordCredential, { readonly id: string; readonly signInActivity: LastSignIn }>()

  /** @param claims of the token that was issued */
  note(claims: JWTPayload, secret: PasswordCredential | undefined, nowMs: number): void {
    const lastSignInDateTime = new Date(nowMs).toISOString()
    const activity: LastSignIn = { lastSignInDateTime, lastSignInRequestId: randomUUID() }
    const appId = String(claims['azp'] ?? claims['appid'])
    const isOwn = claims['scp'] === undefined
    const use: ActivityKind = `${isOwn ? 'applicationAuthentication' : 'delegated'}ClientSignInActivity`
    this.#clients.set(appId, { id: randomUUID(), ...this.#clients.get(appId), [use]: activity })
    if (secret) this.#secrets.set(secret, { id: randomUUID(), signInActivity: activity })
  }

  /** https://learn.microsoft.com/graph/api/resources/serviceprincipalsigninactivity */
  ofClients(): readonly object[] {
    return [...this.#clients].map(([appId, uses]) => {
      const { applicationAuthenticationClientSignInActivity: own, delegatedClientSignInActivity: delegated } =
        uses
      const [last] = [own, delegated]
        .filter(one => one !== undefined)
        .sort((one, other) => other.lastSignInDateTime.localeCompare(one.lastSignInDateTime))
      return {
        id: uses.id,
        appId,
        lastSignInActivity: last,
        applicationAuthenticationClientSignInActivity: own ?? null,
        applicationAuthenticationResourceSignInActivity: null,
        delegatedClientSignInActivity: delegated ?? null,
        delegatedResourceSignInActivity: null,
      }
    })
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
