import { generateKeyPairSync } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import { exportJWK, generateKeyPair, importJWK, type JWTHeaderParameters, SignJWT } from 'jose'
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { agent, deadUrl, ids, startServer, type TestServer } from './testing/fixtures.ts'
import { createUserTokenVerifier, type UserTokenVerifier } from './user-token.ts'

const { tenantId, blueprintAppId, ada } = ids
const known = await generateKeyPair('RS256', { extractable: true })
const publicKey = { ...(await exportJWK(known.publicKey)), kid: 'k1', use: 'sig' }
const unknown = await generateKeyPair('RS256', { extractable: true })
const seconds = (fromNow: number) => Math.floor(Date.now() / 1000) + fromNow

const agentAt = (authority: string) => ({ ...agent, authority })

let keys: TestServer
let published: string[]
let verifier: UserTokenVerifier

beforeAll(async () => {
  const jwk = await exportJWK(known.publicKey)
  keys = await startServer((_request, response) => {
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify({ keys: published.map(kid => ({ ...jwk, kid, use: 'sig', issuer: 'x' })) }))
  })
})
afterAll(() => keys.close())
beforeEach(() => {
  published = ['k1']
  verifier = createUserTokenVerifier({ agent: agentAt(keys.url), allowedClients: [] })
})

type Changes = Readonly<Record<string, unknown>>

function userClaims(changes: Changes = {}): Changes {
  return {
    iss: `${keys.url}/${tenantId}/v2.0`,
    ver: '2.0',
    aud: blueprintAppId,
    tid: tenantId,
    oid: ada,
    scp: 'access_as_user',
    nbf: seconds(-5),
    exp: seconds(3_600),
    ...changes,
  }
}

const version1 = () => ({
  iss: `https://sts.windows.net/${tenantId}/`,
  ver: '1.0',
  aud: `api://${blueprintAppId}`,
})

function sign(changes: Changes = {}, header: Partial<JWTHeaderParameters> = {}, key = known.privateKey) {
  return new SignJWT(userClaims(changes)).setProtectedHeader({ alg: 'RS256', kid: 'k1', ...header }).sign(key)
}

const refusal = (code: string) =>
  expect.objectContaining({ code, message: expect.stringMatching(/^[A-Z].+\.$/) })

describe('a user’s token', () => {
  it('passes when every check passes, and comes with what the trace shows of it', async () => {
    const token = await sign()
    const user = await verifier.verify(`Bearer ${token}`)
    expect(user).toMatchObject({
      value: token,
      objectId: ada,
      header: { alg: 'RS256', kid: 'k1' },
      claims: { oid: ada },
    })
    expect(user.fingerprint).toMatch(/^[0-9a-f]{12}$/)
    expect(user.checks).toEqual(
      ['issuer', 'tenant', 'audience', 'lifetime', 'user', 'scope', 'bearer', 'signature'].map(name => ({
        name,
        ok: true,
      })),
    )
  })

  it.each([
    ['in the v1 form', version1],
    ['with one scope among several', () => ({ scp: 'profile access_as_user' })],
    ['marked as a user’s', () => ({ idtyp: 'user' })],
    ['with the user’s roles', () => ({ roles: ['Reader'] })],
    ['without a beginning', () => ({ nbf: undefined })],
    ['from a clock that is two minutes ahead', () => ({ nbf: seconds(120) })],
  ])('passes %s', async (_what, changes) => {
    await expect(verifier.verify(`bearer  ${await sign(changes())}`)).resolves.toMatchObject({
      objectId: ada,
    })
  })

  it.each(
    // biome-ignore format: table
    [
      ['USER_TOKEN_EXPIRED', 'when it has expired', () => ({ exp: seconds(-1) })],
      ['USER_TOKEN_INVALID', 'when it never expires', () => ({ exp: undefined })],
      ['USER_TOKEN_INVALID', 'when it is not valid yet', () => ({ nbf: seconds(900) })],
      ['USER_TOKEN_INVALID', 'when its end is no date', () => ({ exp: -1e308 })],
      ['USER_TOKEN_INVALID', 'when its end is out of all proportion', () => ({ exp: 1e300 })],
      ['USER_TOKEN_INVALID', 'when its beginning is no date', () => ({ nbf: -1 })],
      ['USER_TOKEN_INVALID', 'bound to a key', () => ({ cnf: { kid: 'device-key' } })],
      ['USER_TOKEN_WRONG_AUDIENCE', 'for Microsoft Graph', () => ({ aud: '00000003-0000-0000-c000-000000000000' })],
      ['USER_TOKEN_WRONG_AUDIENCE', 'with the v1 audience in a v2 token', () => ({ aud: `api://${blueprintAppId}` })],
      ['USER_TOKEN_WRONG_AUDIENCE', 'with the v2 audience in a v1 token', () => ({ ...version1(), aud: blueprintAppId })],
      ['USER_TOKEN_WRONG_AUDIENCE', 'with a list of audiences', () => ({ aud: [blueprintAppId] })],
      ['USER_TOKEN_INVALID', 'with the v1 issuer in a v2 token', () => ({ iss: version1().iss })],
      ['USER_TOKEN_INVALID', 'of another issuer', () => ({ iss: `https://evil.example/${tenantId}/v2.0` })],
      ['USER_TOKEN_INVALID', 'of another tenant', () => ({ tid: blueprintAppId })],
      ['USER_TOKEN_INVALID', 'of an application', () => ({ idtyp: 'app' })],
      ['USER_TOKEN_INVALID', 'of an application without idtyp', () => ({ scp: undefined, roles: ['Any'] })],
      ['USER_TOKEN_INVALID', 'without a user', () => ({ oid: undefined })],
      ['USER_TOKEN_INVALID', 'with an empty user', () => ({ oid: '' })],
      ['USER_TOKEN_SCOPE_MISSING', 'with another scope', () => ({ scp: 'access_as_user_too' })],
      ['USER_TOKEN_SCOPE_MISSING', 'without a scope', () => ({ scp: undefined })],
    ],
  )('is refused with %s %s', async (code, _what, changes) => {
    await expect(verifier.verify(`Bearer ${await sign(changes())}`)).rejects.toEqual(refusal(code))
  })

  it('is refused in any other spelling of the same bytes', async () => {
    const token = await sign()
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
    // An RS256 signature has 256 bytes: the last character carries two bits, the other four must be zero.
    const respelled = token.slice(0, -1) + alphabet[alphabet.indexOf(token.at(-1) ?? '') + 1]
    expect(Buffer.from(respelled.split('.')[2] ?? '', 'base64url')).toEqual(
      Buffer.from(token.split('.')[2] ?? '', 'base64url'),
    )
    await expect(verifier.verify(`Bearer ${respelled}`)).rejects.toEqual(refusal('USER_TOKEN_INVALID'))
  })

  it('is refused when it was obtained by a client that is not on the list, where there is one', async () => {
    const page = ids.agentClientId
    verifier = createUserTokenVerifier({ agent: agentAt(keys.url), allowedClients: [page] })
    const verified = await verifier.verify(`Bearer ${await sign({ azp: page.toUpperCase() })}`)
    expect(verified.checks).toContainEqual({ name: 'client', ok: true })
    await expect(
      verifier.verify(`Bearer ${await sign({ ...version1(), appid: page })}`),
    ).resolves.toMatchObject({ objectId: ada })
    for (const azp of [blueprintAppId, undefined, [page]]) {
      await expect(verifier.verify(`Bearer ${await sign({ azp })}`)).rejects.toEqual(
        refusal('USER_TOKEN_INVALID'),
      )
    }
  })

  it('is refused when somebody else signed it', async () => {
    const token = await sign({}, {}, unknown.privateKey)
    const error = await verifier.verify(`Bearer ${token}`).catch((thrown: Error) => thrown)
    expect(error).toEqual(refusal('USER_TOKEN_INVALID'))
    expect(error).toMatchObject({ options: { cause: { code: 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED' } } })
  })

  it.each(['none', 'HS256', 'PS256'])('is refused with the algorithm %s', async alg => {
    const [, claims, signature] = (await sign()).split('.')
    const header = Buffer.from(JSON.stringify({ alg, kid: 'k1' })).toString('base64url')
    for (const token of [`${header}.${claims}.${signature}`, `${header}.${claims}.`]) {
      await expect(verifier.verify(`Bearer ${token}`)).rejects.toEqual(refusal('USER_TOKEN_INVALID'))
    }
  })

  it('is refused when the right key signed it with another algorithm', async () => {
    const key = await importJWK(await exportJWK(known.privateKey), 'PS256')
    const token = await new SignJWT(userClaims()).setProtectedHeader({ alg: 'PS256', kid: 'k1' }).sign(key)
    await expect(verifier.verify(`Bearer ${token}`)).rejects.toEqual(refusal('USER_TOKEN_INVALID'))
  })

  it('is refused in words that tell an end from a beginning', async () => {
    const exp = seconds(-60)
    await expect(verifier.verify(`Bearer ${await sign({ exp })}`)).rejects.toThrow(
      `The token expired at ${new Date(exp * 1000).toISOString()}.`,
    )
    await expect(verifier.verify(`Bearer ${await sign({ nbf: seconds(900) })}`)).rejects.toThrow(
      'not valid yet',
    )
  })

  it('is over in the very second of its end', async () => {
    const exp = seconds(60)
    const token = await sign({ exp })
    vi.useFakeTimers({ toFake: ['Date'], now: exp * 1000 })
    try {
      await expect(verifier.verify(`Bearer ${token}`)).rejects.toEqual(refusal('USER_TOKEN_EXPIRED'))
    } finally {
      vi.useRealTimers()
    }
  })

  it('may begin five minutes ahead of this clock and no later', async () => {
    const now = seconds(0)
    vi.useFakeTimers({ toFake: ['Date'], now: now * 1000 })
    try {
      await expect(verifier.verify(`Bearer ${await sign({ nbf: now + 300 })}`)).resolves.toBeDefined()
      await expect(verifier.verify(`Bearer ${await sign({ nbf: now + 301 })}`)).rejects.toThrow(
        'not valid yet',
      )
    } finally {
      vi.useRealTimers()
    }
  })

  it('is refused when it is longer than any that Entra issues, though all else is right', async () => {
    const token = await sign({ groups: 'x'.repeat(20_000) })
    await expect(verifier.verify(`Bearer ${token}`)).rejects.toThrow('longer than 16 KiB')
    await expect(verifier.verify(`Bearer ${'x'.repeat(16_385)}`)).rejects.toThrow('longer than 16 KiB')
    await expect(verifier.verify(`Bearer ${'x'.repeat(16_384)}`)).rejects.toThrow('not a JWT')
  })

  it('is refused when its claims were changed after signing', async () => {
    const [header, , signature] = (await sign()).split('.')
    const claims = Buffer.from(JSON.stringify(userClaims({ oid: ids.ben }))).toString('base64url')
    await expect(verifier.verify(`Bearer ${header}.${claims}.${signature}`)).rejects.toEqual(
      refusal('USER_TOKEN_INVALID'),
    )
  })

  it('is refused with a critical header that nobody here knows', async () => {
    const token = await new SignJWT(userClaims())
      .setProtectedHeader({ alg: 'RS256', kid: 'k1', crit: ['future'], future: true })
      .sign(known.privateKey, { crit: { future: true } })
    await expect(verifier.verify(`Bearer ${token}`)).rejects.toEqual(refusal('USER_TOKEN_INVALID'))
  })

  it.each([
    ['SIGN_IN_REQUIRED', undefined],
    ['SIGN_IN_REQUIRED', ''],
    ['SIGN_IN_REQUIRED', 'Bearer'],
    ['SIGN_IN_REQUIRED', 'Basic dXNlcjpwYXNzd29yZA=='],
    ['SIGN_IN_REQUIRED', 'Bearer one two'],
    ['SIGN_IN_REQUIRED', 'Not Bearer e30.e30.e30'],
    ['USER_TOKEN_INVALID', 'Bearer not-a-token'],
    ['USER_TOKEN_INVALID', 'Bearer e30.e30.e30'],
  ])('answers %s to the header %j', async (code, header) => {
    await expect(verifier.verify(header)).rejects.toEqual(refusal(code))
  })

  it('is refused with a challenge, as RFC 6750 wants it', async () => {
    const challenge = (header: string | undefined) =>
      verifier.verify(header).catch(error => error.options.headers['www-authenticate'])
    expect(await challenge(undefined)).toBe('Bearer')
    expect(await challenge('Bearer x')).toBe('Bearer error="invalid_token"')
    expect(await challenge(`Bearer ${await sign({ scp: 'other' })}`)).toBe(
      'Bearer error="insufficient_scope", scope="access_as_user"',
    )
  })
})

describe('Entra’s keys', () => {
  it('are fetched once for many tokens at the same time', async () => {
    const before = keys.requests.length
    const token = await sign()
    await Promise.all(Array.from({ length: 50 }, () => verifier.verify(`Bearer ${token}`)))
    expect(keys.requests.length - before).toBe(1)
    expect(keys.requests.at(-1)?.target).toBe(`GET /${tenantId}/discovery/v2.0/keys`)
  })

  it('are not fetched for a token that would be refused anyway', async () => {
    const before = keys.requests.length
    await expect(verifier.verify(`Bearer ${await sign({ exp: 1 })}`)).rejects.toThrow()
    expect(keys.requests.length).toBe(before)
  })

  it('are not fetched again and again for made-up key ids', async () => {
    const before = keys.requests.length
    for (let n = 0; n < 20; n++) {
      const token = await sign({}, { kid: `made-up-${n}` })
      await expect(verifier.verify(`Bearer ${token}`)).rejects.toEqual(refusal('USER_TOKEN_INVALID'))
    }
    expect(keys.requests.length - before).toBe(1)
  })

  it('are not trusted with an exponent under which a signature is easily forged', async () => {
    const weak = generateKeyPairSync('rsa', { modulusLength: 2048, publicExponent: 3 })
    const key = { ...weak.publicKey.export({ format: 'jwk' }), kid: 'k1', use: 'sig' }
    const server = await startServer((_request, response) => response.end(JSON.stringify({ keys: [key] })))
    verifier = createUserTokenVerifier({ agent: agentAt(server.url), allowedClients: [] })
    const token = await new SignJWT(userClaims({ iss: `${server.url}/${tenantId}/v2.0` }))
      .setProtectedHeader({ alg: 'RS256', kid: 'k1' })
      .sign(weak.privateKey)
    await expect(verifier.verify(`Bearer ${token}`)).rejects.toEqual(refusal('USER_TOKEN_INVALID'))
    await server.close()
  })

  it('are fetched anew for a new key, even when made-up key ids come all the time', async () => {
    verifier = createUserTokenVerifier({ agent: agentAt(keys.url), allowedClients: [], keysCooldownMs: 0 })
    await verifier.verify(`Bearer ${await sign()}`)
    published = ['k1', 'k2']
    await expect(verifier.verify(`Bearer ${await sign({}, { kid: 'made-up' })}`)).rejects.toThrow()
    const renewed = await sign({}, { kid: 'k2' })
    await expect(verifier.verify(`Bearer ${renewed}`)).resolves.toMatchObject({ objectId: ada })
  })

  it('out of reach are said to be so, instead of blaming the user', async () => {
    const authority = await deadUrl()
    verifier = createUserTokenVerifier({ agent: agentAt(authority), allowedClients: [] })
    const token = await sign({ iss: `${authority}/${tenantId}/v2.0` })
    const error = await verifier.verify(`Bearer ${token}`).catch((thrown: Error) => thrown)
    expect(error).toEqual(refusal('ENTRA_UNAVAILABLE'))
    expect(error).toMatchObject({ options: { upstream: { service: 'entra' }, cause: expect.any(Error) } })
  })

  it.each(
    // biome-ignore format: table
    [
      ['no answer', () => undefined],
      ['an error', (response: { writeHead(status: number): { end(): void } }) => response.writeHead(503).end()],
      ['a redirect', (response: { writeHead(s: number, h: object): { end(): void } }) => response.writeHead(302, { location: 'http://localhost/' }).end()],
      ['no key set', (response: { end(text: string): void }) => response.end('{"keys":"none"}')],
      ['an endless answer', (response: { end(text: string): void }) => response.end(`{"keys":[],"x":"${'x'.repeat(400_000)}"}`)],
      [
        'an endless answer, compressed,',
        (response: { writeHead(s: number, h: object): { end(body: Buffer): void } }) =>
          response
            .writeHead(200, { 'content-encoding': 'gzip' })
            .end(gzipSync(JSON.stringify({ keys: [publicKey], padding: 'x'.repeat(400_000) }))),
      ],
    ],
  )('that come as %s are said to be out of reach', async (_what, answer) => {
    const server = await startServer((_request, response) => answer(response))
    const options = { agent: agentAt(server.url), allowedClients: [], keysTimeoutMs: 200 }
    const token = await sign({ iss: `${server.url}/${tenantId}/v2.0` })
    await expect(createUserTokenVerifier(options).verify(`Bearer ${token}`)).rejects.toEqual(
      refusal('ENTRA_UNAVAILABLE'),
    )
    await server.close()
  })
})
