import { generateKeyPair, hash, type KeyObject } from 'node:crypto'
import { promisify } from 'node:util'
import type { Clock } from '@entra-agents/emulator-kit'
import { makeCertificate } from './certificate.ts'

export type SigningKey = ReturnType<typeof describeKey>

/** The tenant's RS256 keys: the current one, and earlier ones as long as they are published. */
export class SigningKeys {
  #keys: Promise<readonly [current: SigningKey, ...SigningKey[]]>
  readonly #clock: Clock

  /** @param first may be other tenants' first key, too: how long it is published is each tenant's own */
  constructor(clock: Clock, first: Promise<SigningKey>) {
    this.#clock = clock
    this.#keys = first.then(key => [{ ...key }])
    // A failure reaches whoever awaits the key; if nobody does, it must not end the process.
    this.#keys.catch(() => {})
  }

  async current(): Promise<SigningKey> {
    const [key] = await this.#keys
    return key
  }

  async published(): Promise<SigningKey[]> {
    const now = this.#clock.nowMs()
    return (await this.#keys).filter(({ retiresAtMs = Number.POSITIVE_INFINITY }) => retiresAtMs > now)
  }

  async find(kid: string | undefined): Promise<SigningKey | undefined> {
    return (await this.published()).find(key => key.kid === kid)
  }

  /** Replaces the signing key. The earlier key stays published for `overlapSeconds`. */
  async rotate(overlapSeconds: number): Promise<SigningKey> {
    const fresh = await makeKey()
    await this.signWith(fresh, overlapSeconds)
    return fresh
  }

  /** Signs with this key, new or earlier. The others stay published for `overlapSeconds`. */
  async signWith(key: SigningKey, overlapSeconds: number): Promise<void> {
    const others = (await this.published()).filter(one => one !== key)
    for (const other of others) other.retiresAtMs ??= this.#clock.nowMs() + overlapSeconds * 1000
    key.retiresAtMs = undefined
    this.#keys = Promise.resolve([key, ...others])
  }

  /** Publishes only the key that signs. */
  async withdrawOthers(): Promise<void> {
    this.#keys = Promise.resolve([await this.current()])
  }
}

export async function makeKey(): Promise<SigningKey> {
  const { publicKey, privateKey } = await promisify(generateKeyPair)('rsa', { modulusLength: 2048 })
  const dates = { from: new Date('2026-01-01'), until: new Date('2049-12-31') }
  const content = { name: 'accounts.accesscontrol.windows.net', ...dates }
  return describeKey(makeCertificate(content, publicKey, privateKey), publicKey, privateKey)
}

/** A key with its certificate, in DER. */
export function describeKey(der: Buffer, publicKey: KeyObject, privateKey: KeyObject) {
  return {
    /** Thumbprint (SHA-1) of the certificate, which tokens name in `kid` and `x5t`. */
    kid: hash('sha1', der, 'base64url'),
    /** The key's certificate in base64, as `x5c` has it. */
    certificate: der.toString('base64'),
    ...{ privateKey, publicKey, jwk: publicKey.export({ format: 'jwk' }) },
    /** Until when the key is published, in milliseconds since 1970; `undefined` for the current key. */
    retiresAtMs: undefined as number | undefined,
  }
}
