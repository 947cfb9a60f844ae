import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'

/** A user or a session of a role. */
export interface Principal {
  readonly arn: string
  /** The ARN whose policy applies: the user's own, or that of the session's role. */
  readonly policyArn: string
}

/** A session of a role. As in AWS, its ARN does not contain the role's path. */
export function sessionPrincipal(roleArn: string, sessionName: string): Principal {
  const [, partition, account, role] = /^(arn:[^:]+):iam::(\d+):role\/(?:.*\/)?([^/]+)$/.exec(roleArn) ?? []
  return { arn: `${partition}:sts::${account}:assumed-role/${role}/${sessionName}`, policyArn: roleArn }
}

/** Temporary credentials of STS, and the principal that they authenticate. */
export type SessionCredentials = Readonly<ReturnType<Sessions['issue']>>

/**
 * Temporary credentials, which the emulator does not store: the session token contains the session, sealed with an HMAC, and
 * the secret is derived from the access key id. So the credentials survive a restart of the emulator.
 */
export class Sessions {
  readonly #key: Buffer

  /** @param secret from which the key of the HMACs is derived */
  constructor(secret: string) {
    this.#key = createHmac('sha256', secret).update('session tokens').digest()
  }

  issue(principal: Principal, nowMs: number, lifetimeSeconds: number) {
    const accessKeyId = `ASIA${randomBytes(8).toString('hex').toUpperCase()}`
    const expiresAtMs = nowMs + lifetimeSeconds * 1000
    const content = Buffer.from(JSON.stringify({ accessKeyId, principal, expiresAtMs }))
    const sessionToken = Buffer.concat([this.#seal(content), content]).toString('base64')
    return { accessKeyId, secretAccessKey: this.#secretOf(accessKeyId), sessionToken, expiresAtMs, principal }
  }

  /** The credentials that a session token belongs to; `undefined` if it was not issued here with this access key id. */
  open(sessionToken: string, accessKeyId: string): SessionCredentials | undefined {
    const bytes = Buffer.from(sessionToken, 'base64')
    const [seal, content] = [bytes.subarray(0, 32), bytes.subarray(32)]
    if (seal.length !== 32 || !timingSafeEqual(seal, this.#seal(content))) return undefined
    const session: Pick<SessionCredentials, 'accessKeyId' | 'expiresAtMs' | 'principal'> = JSON.parse(
      content.toString('utf8'),
    )
    if (session.accessKeyId !== accessKeyId) return undefined
    return { ...session, sessionToken, secretAccessKey: this.#secretOf(accessKeyId) }
  }

  #seal(content: Uint8Array): Buffer {
    return createHmac('sha256', this.#key).update(content).digest()
  }

  #secretOf(accessKeyId: string): string {
    return createHmac('sha256', this.#key).update(accessKeyId).digest('base64').slice(0, 40)
  }
}
