import { constants, createHmac, createSign, type KeyObject, sign as signBytes } from 'node:crypto'
import { type Audience, autonomousClaims } from './agent-claims.ts'
import { oddKeyTokens } from './odd-key-ids.ts'
import { type Claims, createSigningKey, encodePart, signRs256, type TestIssuer } from './token-issuer.ts'
import type { BadToken } from './wrong-claims.ts'

type Forgery = readonly [name: string, token: string, failedCheck: 'signature' | 'format']

/** Tokens with valid claims, but with forged, broken or manipulated headers and signatures. */
export function forgedTokens(issuer: TestIssuer, api: Audience): BadToken[] {
  const claims = autonomousClaims({ authority: issuer.url, api })
  return [
    ...oddKeys(),
    ...wrongKeys(issuer, claims),
    ...wrongAlgorithms(issuer, claims),
    ...symmetricForgeries(issuer, claims),
    ...wrongHeaders(issuer, claims),
    ...brokenSignatures(issuer, claims),
    ...brokenTexts(issuer, claims),
    ...repeatedNames(issuer, claims),
  ].map(([name, token, failedCheck]) => ({ name, token, status: 401 as const, failedCheck }))
}

function oddKeys(): Forgery[] {
  return Object.entries(oddKeyTokens).map(([name, token]) => [`key named by ${name}`, token, 'signature'])
}

function wrongKeys(issuer: TestIssuer, claims: Claims): Forgery[] {
  const attacker = createSigningKey()
  const jwk = { ...attacker.publicKey.export({ format: 'jwk' }), kid: attacker.kid }
  const foreign = (name: string, header: Claims): Forgery => [
    name,
    signRs256({ alg: 'RS256', typ: 'JWT', ...header }, claims, attacker),
    'signature',
  ]
  const keyServer = 'http://127.0.0.1:9/keys'
  const { kid } = issuer.key
  return [
    foreign('foreign key under the name of the right one', { kid }),
    foreign('foreign key under its own name', { kid: attacker.kid }),
    foreign('foreign key without a name', {}),
    foreign('foreign key in the header', { kid: attacker.kid, jwk }),
    foreign('foreign key in the header under the right name', { kid, jwk: { ...jwk, kid } }),
    foreign('foreign key at an address', { kid: attacker.kid, jku: keyServer }),
    foreign('foreign certificate at an address', { kid, x5u: keyServer }),
    foreign('foreign certificate in the header', { kid, x5c: ['MIIB'] }),
    ...[
      '../../keys',
      "' or '1'='1",
      '__proto__',
      'constructor',
      'toString',
      '*',
      '\u0000',
      'é'.repeat(500),
      kid.toUpperCase(),
      ` ${kid}`,
    ].map(name => foreign(`key named ${JSON.stringify(name).slice(0, 20)}`, { kid: name })),
    ...[7, null, true, [kid], { kid }, ''].map(name =>
      foreign(`key named by ${JSON.stringify(name)}`, { kid: name }),
    ),
  ]
}

function wrongAlgorithms(issuer: TestIssuer, claims: Claims): Forgery[] {
  const { kid, privateKey } = issuer.key
  const unsigned = ['none', 'None', 'NONE', 'nOnE', 'none ', ''].flatMap((alg): Forgery[] => {
    const input = `${encodePart({ alg, typ: 'JWT', kid })}.${encodePart(claims)}`
    const signature = issuer.sign(claims).split('.')[2]
    return [
      [`algorithm "${alg}" without signature`, `${input}.`, 'signature'],
      [`algorithm "${alg}" with somebody’s signature`, `${input}.${signature}`, 'signature'],
    ]
  })
  const renamed = [
    'HS256',
    'RS384',
    'RS512',
    'PS256',
    'ES256',
    'EdDSA',
    'RS1',
    'rs256',
    'RS256 ',
    'RSA-SHA256',
    'dir',
  ].map((alg): Forgery => [`RS256 signature called ${alg}`, issuer.sign(claims, { alg }), 'signature'])
  const odd = [undefined, null, 256, true, ['RS256'], { name: 'RS256' }].map(
    (alg): Forgery => [`algorithm ${JSON.stringify(alg)}`, issuer.sign(claims, { alg }), 'signature'],
  )
  const others = (['RS384', 'RS512', 'PS256'] as const).map((alg): Forgery => {
    const input = `${encodePart({ alg, typ: 'JWT', kid })}.${encodePart(claims)}`
    return [`right key with ${alg}`, `${input}.${signWith(alg, input, privateKey)}`, 'signature']
  })
  const disguised = (['RS384', 'RS512', 'PS256'] as const).map((alg): Forgery => {
    const input = `${encodePart({ alg: 'RS256', typ: 'JWT', kid })}.${encodePart(claims)}`
    return [`${alg} signature called RS256`, `${input}.${signWith(alg, input, privateKey)}`, 'signature']
  })
  return [...unsigned, ...renamed, ...odd, ...others, ...disguised]
}

function signWith(algorithm: 'RS384' | 'RS512' | 'PS256', input: string, privateKey: KeyObject): string {
  if (algorithm === 'PS256') {
    const key = { key: privateKey, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 }
    return signBytes('sha256', Buffer.from(input), key).toString('base64url')
  }
  return createSign(`RSA-SHA${algorithm.slice(2)}`)
    .update(input)
    .sign(privateKey, 'base64url')
}

/** Tokens signed with a symmetric algorithm whose secret is the public key, in all its encodings. */
function symmetricForgeries(issuer: TestIssuer, claims: Claims): Forgery[] {
  const { kid, publicKey } = issuer.key
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
  return Object.entries(secrets).flatMap(([form, secret]) =>
    ['256', '384', '512'].flatMap(bits =>
      ['HS', 'RS'].map((family): Forgery => {
        const header = { alg: family === 'HS' ? `HS${bits}` : 'RS256', typ: 'JWT', kid }
        const input = `${encodePart(header)}.${encodePart(claims)}`
        const signature = createHmac(`sha${bits}`, secret).update(input).digest('base64url')
        return [
          `HMAC-SHA${bits} with the ${form}, called ${header.alg}`,
          `${input}.${signature}`,
          'signature',
        ]
      }),
    ),
  )
}

/** Tokens that are signed with the right key but have a wrong header. */
function wrongHeaders(issuer: TestIssuer, claims: Claims): Forgery[] {
  const format = (name: string, header: Claims): Forgery => [name, issuer.sign(claims, header), 'format']
  const bringsKey = (name: string, header: Claims): Forgery => [
    name,
    issuer.sign(claims, header),
    'signature',
  ]
  const jwk = issuer.key.publicKey.export({ format: 'jwk' })
  return [
    format('unknown critical extension', { crit: ['http://example.com/x'], 'http://example.com/x': true }),
    format('critical expiry', { crit: ['exp'], exp: 1 }),
    format('unencoded payload', { crit: ['b64'], b64: false }),
    format('empty list of extensions', { crit: [] }),
    format('extensions as text', { crit: 'exp' }),
    format('extensions null', { crit: null }),
    ...['dpop+jwt', 'pop', 'secevent+jwt', 'logout+jwt', 'JWE', ''].map(typ =>
      format(`type "${typ}"`, { typ }),
    ),
    ...[1, null, ['JWT']].map(typ => format(`type ${JSON.stringify(typ)}`, { typ })),
    bringsKey('key in the header, even the right one', { jwk }),
    bringsKey('address of keys', { jku: `${issuer.url}/${issuer.tenantId}/discovery/v2.0/keys` }),
    bringsKey('address of a certificate', { x5u: 'https://example.com' }),
    bringsKey('certificate', { x5c: [] }),
  ]
}

function brokenSignatures(issuer: TestIssuer, claims: Claims): Forgery[] {
  const token = issuer.sign(claims)
  const [header = '', payload = '', signature = ''] = token.split('.')
  const bytes = Buffer.from(signature, 'base64url')
  const withSignature = (name: string, changed: Buffer | string): Forgery => [
    name,
    `${header}.${payload}.${typeof changed === 'string' ? changed : changed.toString('base64url')}`,
    'signature',
  ]
  const flipped = (index: number) => {
    const copy = Buffer.from(bytes)
    copy[index] = (copy[index] ?? 0) ^ 1
    return copy
  }
  const moreClaims = encodePart({ ...claims, roles: [claims['roles'], 'Admin'].flat() })
  // biome-ignore format: table
  return [
    withSignature('no signature', ''),
    ...[0, 127, 255].map(index => withSignature(`a changed bit in byte ${index} of the signature`, flipped(index))),
    withSignature('shortened signature', bytes.subarray(0, 255)),
    withSignature('lengthened signature', Buffer.concat([bytes, Buffer.alloc(1)])),
    withSignature('signature after a zero byte', Buffer.concat([Buffer.alloc(1), bytes])),
    withSignature('signature of zeros', Buffer.alloc(256)),
    withSignature('signature of ones', Buffer.alloc(256, 255)),
    withSignature('signature of another token', issuer.sign({ ...claims, uti: 'other' }).split('.')[2] ?? ''),
    withSignature('signature with unused bits set', signature.slice(0, -1) + nextLetter(signature.at(-1) ?? 'A')),
    ['changed claims', `${header}.${moreClaims}.${signature}`, 'signature'],
    ['changed header', `${encodePart({ alg: 'RS256', kid: issuer.key.kid, typ: 'JWT', x: 1 })}.${payload}.${signature}`, 'signature'],
  ]
}

function nextLetter(letter: string): string {
  return String.fromCharCode(letter.charCodeAt(0) + 1)
}

function brokenTexts(issuer: TestIssuer, claims: Claims): Forgery[] {
  const token = issuer.sign(claims)
  const [header = '', payload = '', signature = ''] = token.split('.')
  const goodHeader = { alg: 'RS256', typ: 'JWT', kid: issuer.key.kid }
  const json = JSON.stringify(claims)
  const payloads: Readonly<Record<string, string>> = {
    'a list': JSON.stringify([claims]),
    null: 'null',
    'a number': '7',
    'a text': JSON.stringify(json),
    'another token': token,
    'cut JSON': json.slice(0, -1),
    'JSON and more': `${json}{}`,
    'JSON after a byte order mark': `\uFEFF${json}`,
    empty: '',
    'ten thousand lists': '['.repeat(5_000) + ']'.repeat(5_000),
  }
  const headers: Readonly<Record<string, string>> = {
    'a list': JSON.stringify([goodHeader]),
    null: 'null',
    'a text': '"RS256"',
    'not JSON': 'alg=RS256',
    empty: '',
  }
  // biome-ignore format: table
  return [
    ...Object.entries(payloads).map(([name, text]): Forgery => [`claims are ${name}`, signRs256(goodHeader, text, issuer.key), 'format']),
    ...Object.entries(headers).map(([name, text]): Forgery => [`header is ${name}`, signRs256(text, claims, issuer.key), 'format']),
    ['algorithm named twice, the last time none', signRs256(`{"alg":"RS256","kid":"${issuer.key.kid}","alg":"none"}`, claims, issuer.key), 'signature'],
    ['one part', 'token', 'format'],
    ['two parts', `${header}.${payload}`, 'format'],
    ['four parts', `${token}.${signature}`, 'format'],
    ['five parts, as if encrypted', `${token}.${payload}.${signature}`, 'format'],
    ['dots', '..', 'format'],
    ['a dot too many in front', `.${token}`, 'format'],
    ['a dot too many behind', `${token}.`, 'format'],
    ['no header', `.${payload}.${signature}`, 'format'],
    ['no claims', `${header}..${signature}`, 'format'],
    ['padding', `${header}==.${payload}.${signature}`, 'format'],
    ['padded signature', `${token}==`, 'format'],
    ['plain base64', `${header}.${payload}+/.${signature}`, 'format'],
    ['a space inside', `${header}. ${payload}.${signature}`, 'format'],
    ['a comma and a second token', `${token},${token}`, 'format'],
    ['quoted', `"${token}"`, 'format'],
    ['the scheme twice', `Bearer ${token}`, 'format'],
    ['too long', `${token}${'A'.repeat(13_500)}`, 'format'],
    ['long claims', issuer.sign({ ...claims, groups: 'x'.repeat(11_000) }), 'format'],
  ]
}

/** Tokens that a parser which takes the first of two equal names reads otherwise than one which takes the last. */
function repeatedNames({ key }: TestIssuer, claims: Claims): Forgery[] {
  const header = JSON.stringify({ alg: 'RS256', typ: 'JWT', kid: key.kid })
  const json = JSON.stringify(claims)
  const more = (text: string, members: string) => `${text.slice(0, -1)},${members}}`
  const aud = JSON.stringify(claims['aud'])
  // biome-ignore format: table
  return [
    ['a claim twice', signRs256(header, `{"aud":"other",${json.slice(1)}`, key), 'format'],
    ['a claim twice with the same value', signRs256(header, more(json, `"aud":${aud}`), key), 'format'],
    ['a claim twice, once spelt with an escape', signRs256(header, more(json, `"\\u0061ud" :${aud}`), key), 'format'],
    ['a name twice in an object in a list', signRs256(header, more(json, '"x":[{"y":{"a":1,"b":{"a":2},"a":3}}]'), key), 'format'],
    ['an empty name twice', signRs256(header, more(json, '"":1,"":1'), key), 'format'],
    ['a header twice', signRs256(more(header, '"typ":"JWT"'), claims, key), 'format'],
  ]
}
