import { createHash, generateKeyPair, type KeyObject } from 'node:crypto'
import { promisify } from 'node:util'
import type { Clock } from '@entra-bedrock-agent/emulator-kit'

const generate = promisify(generateKeyPair)

export interface SigningKey {
  readonly kid: string
  readonly privateKey: KeyObject
  readonly publicKey: KeyObject
  readonly modulus: string
  readonly exponent: string
  /** When the key leaves the published set, in ms since the epoch; `undefined` while it signs. */
  retiresAtMs: number | undefined
}

/** The tenant's RS256 keys: one that signs, and the former ones for as long as they stay published. */
export class SigningKeys {
  #keys: Promise<SigningKey[]>
  readonly #clock: Clock

  /** Starts making the first key; whoever needs it waits for it. */
  constructor(clock: Clock) {
    this.#clock = clock
    this.#keys = makeKey().then(key => [key])
    // Whoever awaits the key gets the failure; without a waiter it must not end the process.
    this.#keys.catch(() => {})
  }

  async current(): Promise<SigningKey> {
    const [key] = await this.#keys
    if (!key) throw new Error('There is no signing key.')
    return key
  }

  /** Every key whose signatures verifiers should accept, the current one first. */
  async published(): Promise<readonly SigningKey[]> {
    return this.#stillPublished(await this.#keys)
  }

  async find(kid: string | undefined): Promise<SigningKey | undefined> {
    return (await this.published()).find(key => key.kid === kid)
  }

  /** Signs with a new key from now on. The former one stays published for `overlapSeconds`. */
  async rotate(overlapSeconds: number): Promise<SigningKey> {
    this.#keys = this.#keys.then(async keys => {
      const fresh = await makeKey()
      const published = this.#stillPublished(keys)
      for (const key of published) key.retiresAtMs ??= this.#clock.nowMs() + overlapSeconds * 1000
      return [fresh, ...published]
    })
    return this.current()
  }

  #stillPublished(keys: readonly SigningKey[]): SigningKey[] {
    const now = this.#clock.nowMs()
    return keys.filter(({ retiresAtMs }) => retiresAtMs === undefined || retiresAtMs > now)
  }
}

async function makeKey(): Promise<SigningKey> {
  const { publicKey, privateKey } = await generate('rsa', { modulusLength: 2048 })
  const { n = '', e = '' } = publicKey.export({ format: 'jwk' })
  const kid = createHash('sha1')
    .update(publicKey.export({ format: 'der', type: 'spki' }))
    .digest('base64url')
  return { kid, privateKey, publicKey, modulus: n, exponent: e, retiresAtMs: undefined }
}
