import { createSign, generateKeyPairSync, type KeyObject, randomUUID } from 'node:crypto'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tenant } from '@entra-agents/demo-tenant'

export type Claims = Readonly<Record<string, unknown>>

export interface SigningKey {
  readonly kid: string
  readonly privateKey: KeyObject
  readonly publicKey: KeyObject
}

/** An issuer of real RS256 tokens that serves its key set at Entra's path. */
export interface TestIssuer {
  /** The value for `ENTRA_AUTHORITY`. */
  readonly url: string
  readonly tenantId: string
  readonly key: SigningKey
  /** Number of requests for the key set. */
  readonly keyRequests: number
  /** Signs exactly these claims. Members of `header` replace `alg`, `typ` and `kid`; `undefined` removes one. */
  sign(claims: Claims, header?: Claims): string
  /** Replaces the signing key. The old one stays published unless `keepOld` is false. */
  rotate(options?: { keepOld?: boolean }): void
  /** Responds to requests for keys with this listener, until called with `undefined`. */
  answerKeysWith(listener: RequestListener | undefined): void
  /** Stops serving, as in an outage. `start` serves again at the same address. */
  stop(): Promise<void>
  start(): Promise<void>
  close(): Promise<void>
}

export function createSigningKey(kid: string = randomUUID(), modulusLength = 2048): SigningKey {
  return { kid, ...generateKeyPairSync('rsa', { modulusLength }) }
}

/** A pool of key pairs, since generating one takes longer than most tests. Consecutive keys differ. */
const keyPairs: Omit<SigningKey, 'kid'>[] = []
let keysHandedOut = 0

/** A signing key with a new key id. */
function nextKey(): SigningKey {
  const index = keysHandedOut % 3
  keysHandedOut += 1
  const pair = keyPairs[index] ?? generateKeyPairSync('rsa', { modulusLength: 2048 })
  keyPairs[index] = pair
  return { kid: randomUUID(), ...pair }
}

export function encodePart(value: unknown): string {
  return Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url')
}

/** A compact JWS (RFC 7515 §3.1) over exactly this header and these claims, signed RS256 whatever the header says. */
export function signRs256(header: Claims | string, claims: Claims | string, key: SigningKey): string {
  const input = `${encodePart(header)}.${encodePart(claims)}`
  return `${input}.${createSign('RSA-SHA256').update(input).sign(key.privateKey, 'base64url')}`
}

export async function createIssuer(options: { tenantId?: string } = {}): Promise<TestIssuer> {
  const tenantId = options.tenantId ?? tenant.tenantId
  let key = nextKey()
  let published = [key]
  let keyRequests = 0
  let override: RequestListener | undefined
  let port = 0

  const server = createServer((request, response) => {
    if (request.url !== `/${tenantId}/discovery/v2.0/keys`) {
      response.writeHead(404).end()
      return
    }
    keyRequests += 1
    if (override) {
      override(request, response)
      return
    }
    const keys = published.map(({ kid, publicKey }) => ({
      ...publicKey.export({ format: 'jwk' }),
      kid,
      use: 'sig',
    }))
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ keys }))
  })

  async function start(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(port, '127.0.0.1', resolve)
    })
    port = (server.address() as AddressInfo).port
  }

  async function stop(): Promise<void> {
    if (!server.listening) return
    const closed = new Promise(resolve => server.close(resolve))
    server.closeAllConnections()
    await closed
  }

  await start()
  return {
    url: `http://127.0.0.1:${port}`,
    tenantId,
    get key() {
      return key
    },
    get keyRequests() {
      return keyRequests
    },
    sign: (claims, header) => signRs256({ alg: 'RS256', typ: 'JWT', kid: key.kid, ...header }, claims, key),
    rotate({ keepOld = true } = {}) {
      key = nextKey()
      published = keepOld ? [key, ...published] : [key]
    },
    answerKeysWith(listener) {
      override = listener
    },
    stop,
    start,
    close: stop,
  }
}
