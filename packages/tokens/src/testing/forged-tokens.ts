import { constants, createHmac, sign as signBytes } from 'node:crypto'
import { type Audience, autonomousClaims } from './agent-claims.ts'
import { oddKeyTokens } from './odd-key-ids.ts'
import {
  type Claims,
  createSigningKey,
  encodePart,
  jwkOf,
  signRs256,
  type TestIssuer,
} from './token-issuer.ts'
import type { BadToken } from './wrong-claims.ts'

/** Tokens by what is wrong with them. */
type Forgeries = Readonly<Record<string, string>>

/** Tokens with valid claims, but with forged, broken or manipulated headers and signatures. */
export function forgedTokens(issuer: TestIssuer, api: Audience): BadToken[] {
  const claims = autonomousClaims({ authority: issuer.url, api })
  const refused = (failedCheck: string, forgeries: Forgeries) =>
    Object.entries(forgeries).map(([name, token]) => ({ name, token, status: 401 as const, failedCheck }))
  return [
    ...refused('signature', oddKeyTokens),
    ...refused('signature', wrongKeys(issuer, claims)),
    ...refused('signature', wrongAlgorithms(issuer, claims)),
    ...refused('signature', symmetricForgeries(issuer, claims)),
    ...refused('signature', brokenSignatures(issuer, claims)),
    ...refused('format', wrongHeaders(issuer, claims)),
    ...refused('format', brokenTexts(issuer, claims)),
    ...refused('format', repeatedNames(issuer, claims)),
  ]
}

// biome-ignore format: table
const oddNames = [
  '../../keys', "' or '1'='1", '__proto__', 'constructor', 'toString', '*', '\u0000', 'é'.repeat(500),
  7, null, true, '',
]

function wrongKeys({ url, tenantId, key, sign }: TestIssuer, claims: Claims): Forgeries {
  const attacker = createSigningKey()
  const { kid } = key
  const jwk = jwkOf(attacker)
  const keyServer = 'http://127.0.0.1:9/keys'
  const foreign = (header: Claims) => signRs256({ alg: 'RS256', typ: 'JWT', ...header }, claims, attacker)
  const odd = [...oddNames, kid.toUpperCase(), ` ${kid}`, [kid], { kid }].map(name => [
    `foreign key named ${JSON.stringify(name).slice(0, 20)}`,
    foreign({ kid: name }),
  ])
  // biome-ignore format: table
  return {
    'foreign key under the name of the right one': foreign({ kid }),
    'foreign key under its own name': foreign({ kid: attacker.kid }),
    'foreign key without a name': foreign({}),
    'foreign key in the header': foreign({ kid: attacker.kid, jwk }),
    'foreign key in the header under the right name': foreign({ kid, jwk: { ...jwk, kid } }),
    'foreign key at an address': foreign({ kid: attacker.kid, jku: keyServer }),
    'foreign certificate at an address': foreign({ kid, x5u: keyServer }),
    'foreign certificate in the header': foreign({ kid, x5c: ['MIIB'] }),
    'key in the header, even the right one': sign(claims, { jwk: key.publicKey.export({ format: 'jwk' }) }),
    'address of keys': sign(claims, { jku: `${url}/${tenantId}/discovery/v2.0/keys` }),
    'address of a certificate': sign(claims, { x5u: 'https://example.com' }),
    'certificate': sign(claims, { x5c: [] }),
    ...Object.fromEntries(odd),
  }
}

// biome-ignore format: table
const otherAlgorithms = ['HS256', 'RS384', 'RS512', 'PS256', 'ES256', 'EdDSA', 'RS1', 'rs256', 'RS256 ', 'RSA-SHA256', 'dir']
const noAlgorithms = ['none', 'None', 'NONE', 'nOnE', 'none ', '']
const oddAlgorithms = [undefined, null, 256, true, ['RS256'], { name: 'RS256' }]

function wrongAlgorithms({ key, sign }: TestIssuer, claims: Claims): Forgeries {
  const { kid, privateKey } = key
  const forgeries: Record<string, string> = {}
  for (const alg of noAlgorithms) {
    const token = sign(claims, { alg })
    forgeries[`algorithm "${alg}" without signature`] = token.slice(0, token.lastIndexOf('.') + 1)
    forgeries[`algorithm "${alg}" with a signature`] = token
  }
  for (const alg of otherAlgorithms) forgeries[`RS256 signature called ${alg}`] = sign(claims, { alg })
  for (const alg of oddAlgorithms) forgeries[`algorithm ${JSON.stringify(alg)}`] = sign(claims, { alg })
  const pss = { key: privateKey, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 }
  for (const [name, hash, by] of [
    ['RS384', 'sha384', privateKey],
    ['RS512', 'sha512', privateKey],
    ['PS256', 'sha256', pss],
  ] as const)
    for (const alg of [name, 'RS256']) {
      const input = `${encodePart({ alg, typ: 'JWT', kid })}.${encodePart(claims)}`
      const signature = signBytes(hash, Buffer.from(input), by).toString('base64url')
      forgeries[`${name} signature of the right key, called ${alg}`] = `${input}.${signature}`
    }
  const twice = `{"alg":"RS256","kid":"${kid}","alg":"none"}`
  return { ...forgeries, 'algorithm named twice, the last time none': signRs256(twice, claims, key) }
}

/** Tokens signed with a symmetric algorithm whose secret is the public key, in all its encodings. */
function symmetricForgeries({ key: { kid, publicKey } }: TestIssuer, claims: Claims): Forgeries {
  const jwk = publicKey.export({ format: 'jwk' })
  const spki = publicKey.export({ type: 'spki', format: 'pem' }).toString()
  const secrets: Readonly<Record<string, string | Buffer>> = {
    'SPKI PEM': spki,
    'SPKI PEM without its last line break': spki.trim(),
    'SPKI DER': publicKey.export({ type: 'spki', format: 'der' }),
    'PKCS#1 PEM': publicKey.export({ type: 'pkcs1', format: 'pem' }),
    'PKCS#1 DER': publicKey.export({ type: 'pkcs1', format: 'der' }),
    JWK: JSON.stringify(jwk),
    modulus: jwk.n ?? '',
    'empty text': '',
  }
  const forgeries: Record<string, string> = {}
  for (const [form, secret] of Object.entries(secrets))
    for (const bits of [256, 384, 512])
      for (const alg of [`HS${bits}`, 'RS256']) {
        const input = `${encodePart({ alg, typ: 'JWT', kid })}.${encodePart(claims)}`
        const signature = createHmac(`sha${bits}`, secret).update(input).digest('base64url')
        forgeries[`HMAC-SHA${bits} with the ${form}, called ${alg}`] = `${input}.${signature}`
      }
  return forgeries
}

/** Tokens that are signed with the right key but have a wrong header. */
function wrongHeaders({ sign }: TestIssuer, claims: Claims): Forgeries {
  const headers: Record<string, Claims> = {
    'unknown critical extension': { crit: ['http://example.com/x'], 'http://example.com/x': true },
    'critical expiry': { crit: ['exp'], exp: 1 },
    'unencoded payload': { crit: ['b64'], b64: false },
    'empty list of extensions': { crit: [] },
    'extensions as text': { crit: 'exp' },
    'extensions null': { crit: null },
  }
  for (const typ of ['dpop+jwt', 'pop', 'secevent+jwt', 'logout+jwt', 'JWE', '', 1, null, ['JWT']])
    headers[`type ${JSON.stringify(typ)}`] = { typ }
  return Object.fromEntries(Object.entries(headers).map(([name, header]) => [name, sign(claims, header)]))
}

function brokenSignatures({ key, sign }: TestIssuer, claims: Claims): Forgeries {
  const [header = '', payload = '', signature = ''] = sign(claims).split('.')
  const bytes = Buffer.from(signature, 'base64url')
  const signed = (by: Buffer) => `${header}.${payload}.${by.toString('base64url')}`
  const flipped = (index: number) =>
    signed(Buffer.from(bytes.map((byte, at) => (at === index ? byte ^ 1 : byte))))
  const nextLetter = String.fromCharCode(signature.charCodeAt(signature.length - 1) + 1)
  const moreClaims = encodePart({ ...claims, roles: [claims['roles'], 'Admin'].flat() })
  const otherHeader = encodePart({ alg: 'RS256', kid: key.kid, typ: 'JWT', x: 1 })
  // biome-ignore format: table
  return {
    'no signature': `${header}.${payload}.`,
    'a changed bit in the first byte of the signature': flipped(0),
    'a changed bit in the last byte of the signature': flipped(255),
    'shortened signature': signed(bytes.subarray(0, 255)),
    'lengthened signature': signed(Buffer.concat([bytes, Buffer.alloc(1)])),
    'signature after a zero byte': signed(Buffer.concat([Buffer.alloc(1), bytes])),
    'signature of zeros': signed(Buffer.alloc(256)),
    'signature of another token': `${header}.${payload}.${sign({ ...claims, uti: 'other' }).split('.')[2]}`,
    'signature with unused bits set': `${header}.${payload}.${signature.slice(0, -1)}${nextLetter}`,
    'changed claims': `${header}.${moreClaims}.${signature}`,
    'changed header': `${otherHeader}.${payload}.${signature}`,
  }
}

function brokenTexts({ key, sign }: TestIssuer, claims: Claims): Forgeries {
  const token = sign(claims)
  const [header = '', payload = '', signature = ''] = token.split('.')
  const goodHeader = { alg: 'RS256', typ: 'JWT', kid: key.kid }
  const json = JSON.stringify(claims)
  const withClaims = (text: string) => signRs256(goodHeader, text, key)
  const withHeader = (text: string) => signRs256(text, claims, key)
  return {
    'claims are a list': withClaims(JSON.stringify([claims])),
    'claims are null': withClaims('null'),
    'claims are cut JSON': withClaims(json.slice(0, -1)),
    'claims are JSON and more': withClaims(`${json}{}`),
    'claims are JSON after a byte order mark': withClaims(`\uFEFF${json}`),
    'claims are empty': withClaims(''),
    'header is a text': withHeader('"RS256"'),
    'header is not JSON': withHeader('alg=RS256'),
    'header is empty': withHeader(''),
    'two parts': `${header}.${payload}`,
    'four parts': `${token}.${signature}`,
    'five parts, as if encrypted': `${token}.${payload}.${signature}`,
    dots: '..',
    'a dot too many behind': `${token}.`,
    padding: `${header}==.${payload}.${signature}`,
    'padded signature': `${token}==`,
    'plain base64': `${header}.${payload}+/.${signature}`,
    'a space inside': `${header}. ${payload}.${signature}`,
    'a comma and a second token': `${token},${token}`,
    quoted: `"${token}"`,
    'the scheme twice': `Bearer ${token}`,
    'too long': `${token}${'A'.repeat(13_500)}`,
    'long claims': sign({ ...claims, groups: 'x'.repeat(11_000) }),
  }
}

/** Tokens that a parser which takes the first of two equal names reads otherwise than one which takes the last. */
function repeatedNames({ key }: TestIssuer, claims: Claims): Forgeries {
  const header = JSON.stringify({ alg: 'RS256', typ: 'JWT', kid: key.kid })
  const json = JSON.stringify(claims)
  const more = (text: string, members: string) => `${text.slice(0, -1)},${members}}`
  const withClaims = (text: string) => signRs256(header, text, key)
  const aud = JSON.stringify(claims['aud'])
  return {
    'a claim twice': withClaims(`{"aud":"other",${json.slice(1)}`),
    'a claim twice with the same value': withClaims(more(json, `"aud":${aud}`)),
    'a claim twice, once spelt with an escape': withClaims(more(json, `"\\u0061ud" :${aud}`)),
    'a name twice in an object in a list': withClaims(more(json, '"x":[{"y":{"a":1,"b":{"a":2},"a":3}}]')),
    'an empty name twice': withClaims(more(json, '"":1,"":1')),
    'a header twice': signRs256(more(header, '"typ":"JWT"'), claims, key),
  }
}
