import { createSign, generateKeyPairSync, type KeyObject, randomUUID } from 'node:crypto'
import type { RequestListener } from 'node:http'
import { LocalServer } from '@entra-agents/service-kit/testing/local-server'
import { sampleIds } from './sample-ids.ts'

export type Claims = Readonly<Record<string, unknown>>

export interface SigningKey {
  readonly kid: string
  readonly privateKey: KeyObject
  readonly publicKey: KeyObject
}

export type TestIssuer = Awaited<ReturnType<typeof createIssuer>>

export function createSigningKey(kid: string = randomUUID(), modulusLength = 2048): SigningKey {
  return { kid, ...generateKeyPairSync('rsa', { modulusLength }) }
}

export const jwkOf = ({ kid, publicKey }: SigningKey) => ({ ...publicKey.export({ format: 'jwk' }), kid })

/** A pool of key pairs, since generating one takes longer than most tests. Consecutive keys differ. */
const keyPairs: SigningKey[] = []
let keysHandedOut = 0

/** A signing key with a new key id. */
function nextKey(): SigningKey {
  const index = keysHandedOut % 3
  keysHandedOut += 1
  const pair = keyPairs[index] ?? createSigningKey()
  keyPairs[index] = pair
  return { ...pair, kid: randomUUID() }
}

export function encodePart(value: unknown): string {
  return Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url')
}

/** A compact JWS (RFC 7515 §3.1) over exactly this header and these claims, signed RS256 whatever the header says. */
export function signRs256(header: Claims | string, claims: Claims | string, key: SigningKey): string {
  const input = `${encodePart(header)}.${encodePart(claims)}`
  return `${input}.${createSign('RSA-SHA256').update(input).sign(key.privateKey, 'base64url')}`
}

/** An issuer of real RS256 tokens that serves its key set at Entra's path. */
export async function createIssuer({ tenantId = sampleIds.tenantId } = {}) {
  let key = nextKey()
  let published = [key]
  let keyRequests = 0
  const sendKeys: RequestListener = (_request, response) => {
    const keys = published.map(one => ({ ...jwkOf(one), use: 'sig' }))
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ keys }))
  }
  let answer = sendKeys
  const server = await new LocalServer((request, response) => {
    if (request.url !== `/${tenantId}/discovery/v2.0/keys`) return response.writeHead(404).end()
    keyRequests += 1
    return answer(request, response)
  }).start()
  return {
    /** The value for `ENTRA_AUTHORITY`. */
    url: server.url,
    tenantId,
    get key() {
      return key
    },
    /** Number of requests for the key set. */
    get keyRequests() {
      return keyRequests
    },
    /** Signs exactly these claims. Members of `header` replace `alg`, `typ` and `kid`; `undefined` removes one. */
    sign: (claims: Claims, header?: Claims) =>
      signRs256({ alg: 'RS256', typ: 'JWT', kid: key.kid, ...header }, claims, key),
    /** Replaces the signing key. The old one stays published unless `keepOld` is false. */
    rotate({ keepOld = true } = {}) {
      key = nextKey()
      published = keepOld ? [key, ...published] : [key]
    },
    /** Responds to requests for keys with this listener, until called with `undefined`. */
    answerKeysWith(listener: RequestListener = sendKeys) {
      answer = listener
    },
    /** Stops serving, as in an outage. `start` serves again at the same address. */
    stop: () => server.close(),
    start: () => server.start(),
    close: () => server.close(),
  }
}
