import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'

/** A user or a session of a role. */
export interface Principal {
  readonly arn: string
  /** The ARN whose policy applies: the user's own, or that of the session's role. */
  readonly policyArn: string
  /** Since when STS has let whom into a session of the role, by web identity. */
  readonly federation?: { readonly provider: string; readonly creationDate: string }
}

/** The unique id of the account's one role. */
export const roleId = 'AROAEMULATEDROLE0000'

/** A session of a role. As in AWS, its ARN does not contain the role's path. */
export function sessionPrincipal(roleArn: string, sessionName: string): Principal {
  const [, partition, account, role] = /^(arn:[^:]+):iam::(\d+):role\/(?:.*\/)?([^/]+)$/.exec(roleArn) ?? []
  return { arn: `${partition}:sts::${account}:assumed-role/${role}/${sessionName}`, policyArn: roleArn }
}

/** Temporary credentials of STS, and the principal that they authenticate. */
export type SessionCredentials = Readonly<ReturnType<ReturnType<typeof sessionsOf>['issue']>>

/**
 * Temporary credentials, which the emulator does not store: the session token contains the session, sealed with an HMAC, and
 * the secret is derived from the access key id. So the credentials survive a restart of the emulator.
 *
 * @param secret from which the key of the HMACs is derived
 */
export function sessionsOf(secret: string) {
  const key = createHmac('sha256', secret).update('session tokens').digest()
  const hmacOf = (content: string | Uint8Array) => createHmac('sha256', key).update(content)
  const secretOf = (accessKeyId: string) => hmacOf(accessKeyId).digest('base64').slice(0, 40)
  return {
    issue(principal: Principal, nowMs: number, lifetimeSeconds: number) {
      const accessKeyId = `ASIA${randomBytes(8).toString('hex').toUpperCase()}`
      const expiresAtMs = nowMs + lifetimeSeconds * 1000
      const content = Buffer.from(JSON.stringify({ accessKeyId, principal, expiresAtMs }))
      const sessionToken = Buffer.concat([hmacOf(content).digest(), content]).toString('base64')
      return { accessKeyId, secretAccessKey: secretOf(accessKeyId), sessionToken, expiresAtMs, principal }
    },
    /** The credentials that a session token belongs to; `undefined` if it was not issued here with this access key id. */
    open(sessionToken: string, accessKeyId: string) {
      const bytes = Buffer.from(sessionToken, 'base64')
      const [seal, content] = [bytes.subarray(0, 32), bytes.subarray(32)]
      if (seal.length !== 32 || !timingSafeEqual(seal, hmacOf(content).digest())) return undefined
      const session: Pick<SessionCredentials, 'accessKeyId' | 'expiresAtMs' | 'principal'> = JSON.parse(
        content.toString('utf8'),
      )
      if (session.accessKeyId !== accessKeyId) return undefined
      return { ...session, sessionToken, secretAccessKey: secretOf(accessKeyId) }
    },
  }
}
