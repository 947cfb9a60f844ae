import type { Clock } from '@entra-bedrock-agent/emulator-kit'
import { type CryptoKey, calculateJwkThumbprint, exportJWK, generateKeyPair, type JWK } from 'jose'

export interface SigningKey {
  readonly kid: string
  readonly privateKey: CryptoKey
  readonly publicKey: CryptoKey
  readonly jwk: JWK
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
  async published(): Promise<SigningKey[]> {
    const now = this.#clock.nowMs()
    return (await this.#keys).filter(({ retiresAtMs = Number.POSITIVE_INFINITY }) => retiresAtMs > now)
  }

  async find(kid: string | undefined): Promise<SigningKey | undefined> {
    return (await this.published()).find(key => key.kid === kid)
  }

  /** Signs with a new key from now on. The former one stays published for `overlapSeconds`. */
  async rotate(overlapSeconds: number): Promise<SigningKey> {
    const [fresh, former] = await Promise.all([makeKey(), this.published()])
    for (const key of former) key.retiresAtMs ??= this.#clock.nowMs() + overlapSeconds * 1000
    this.#keys = Promise.resolve([fresh, ...former])
    return fresh
  }
}

async function makeKey(): Promise<SigningKey> {
  const { publicKey, privateKey } = await generateKeyPair('RS256', { extractable: true })
  const jwk = await exportJWK(publicKey)
  const kid = await calculateJwkThumbprint(jwk)
  return { kid, privateKey, publicKey, jwk, retiresAtMs: undefined }
}
