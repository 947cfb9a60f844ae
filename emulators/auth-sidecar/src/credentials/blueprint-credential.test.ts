import { createHash, X509Certificate } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { compactVerify, importX509 } from 'jose'
import forge from 'node-forge'
import { describe, expect, onTestFinished, test } from 'vitest'
import { readConfig } from '../config.ts'
import { makeCertificateFile } from '../testing/certificate-file.ts'
import { BlueprintCredential } from './blueprint-credential.ts'
import type { FormField } from './credential.ts'

const context = { clientId: 'blueprint', tokenEndpoint: 'https://login.example/t/oauth2/v2.0/token' }
let nowMs = Date.now()
const clock = { nowMs: () => nowMs, sleep: async () => undefined }

function credentialOf(settings: Record<string, string>, federatedTokenFile?: string): BlueprintCredential {
  const named = Object.entries(settings).map(([name, value]) => [
    `AzureAd__ClientCredentials__${name}`,
    value,
  ])
  const { azureAd } = readConfig({
    AzureAd__TenantId: 't',
    AzureAd__ClientId: 'c',
    ...Object.fromEntries(named),
  })
  if (!azureAd) throw new Error('AzureAd is incomplete.')
  return new BlueprintCredential(azureAd.credentials, federatedTokenFile, clock)
}

async function authenticate(credential: BlueprintCredential): Promise<Record<string, string>> {
  const fields: readonly FormField[] = await (await credential.load()).authenticate(context)
  return Object.fromEntries(fields)
}

async function writeAssertion(path: string, expirySeconds: number): Promise<string> {
  const claims = Buffer.from(JSON.stringify({ exp: expirySeconds })).toString('base64url')
  await writeFile(path, `e30.${claims}.c2ln\n`)
  return `e30.${claims}.c2ln`
}

async function newFile(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'blueprint-credential-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  return join(folder, 'token')
}

describe('The blueprint’s credential', () => {
  test('is the first configured credential that can be loaded', async () => {
    const credential = credentialOf({
      '0__SourceType': 'StoreWithThumbprint',
      '1__SourceType': 'ClientSecret',
      '1__ClientSecret': 's',
    })
    expect(await authenticate(credential)).toEqual({ client_secret: 's' })
  })

  test('cannot be loaded if every configured credential fails', async () => {
    await expect(credentialOf({ '0__SourceType': 'KeyVault' }).load()).rejects.toThrow('IDW10109')
    await expect(credentialOf({}).load()).rejects.toThrow('IDW10109')
  })
})

describe('A signed assertion in a file', () => {
  test('is read again only when it has expired', async () => {
    const path = await newFile()
    const first = await writeAssertion(path, nowMs / 1000 + 3600)
    const credential = credentialOf({ '0__SourceType': 'SignedAssertionFilePath' }, path)
    expect((await authenticate(credential))['client_assertion']).toBe(first)
    const second = await writeAssertion(path, nowMs / 1000 + 7200)
    expect((await authenticate(credential))['client_assertion']).toBe(first)
    nowMs += 3_601_000
    expect((await authenticate(credential))['client_assertion']).toBe(second)
  })

  test('is not loaded again after one failed attempt', async () => {
    const path = await newFile()
    const credential = credentialOf({
      '0__SourceType': 'SignedAssertionFilePath',
      '0__SignedAssertionFileDiskPath': path,
    })
    await expect(credential.load()).rejects.toThrow('IDW10109')
    await writeAssertion(path, nowMs / 1000 + 3600)
    await expect(credential.load()).rejects.toThrow('IDW10109')
  })

  test('cannot be loaded if only SignedAssertionFilePath names the file, although Microsoft’s guides use this setting', async () => {
    const path = await newFile()
    const credential = credentialOf({
      '0__SourceType': 'SignedAssertionFilePath',
      '0__SignedAssertionFilePath': await writeAssertion(path, nowMs / 1000 + 3600),
    })
    await expect(credential.load()).rejects.toThrow('IDW10109')
  })
})

function certificateIn(file: Buffer): X509Certificate {
  const asn1 = forge.asn1.fromDer(file.toString('binary'))
  const bags = forge.pkcs12.pkcs12FromAsn1(asn1, 'pw').getBags({ bagType: forge.pki.oids['certBag'] ?? '' })
  const [bag] = Object.values(bags).flat()
  if (!bag?.cert) throw new Error('The file holds no certificate.')
  return new X509Certificate(forge.pki.certificateToPem(bag.cert))
}

describe('A certificate', () => {
  test('signs a fresh assertion for the token endpoint each time', async () => {
    const path = await newFile()
    const file = makeCertificateFile('pw')
    await writeFile(path, file)
    const credential = credentialOf({
      '0__SourceType': 'Path',
      '0__CertificateDiskPath': path,
      '0__CertificatePassword': 'pw',
    })
    const certificate = certificateIn(file)
    const [one, other] = [await authenticate(credential), await authenticate(credential)]
    expect(one['client_assertion']).not.toBe(other['client_assertion'])
    const key = await importX509(certificate.toString(), 'PS256')
    const { payload, protectedHeader } = await compactVerify(one['client_assertion'] ?? '', key)
    expect(protectedHeader).toEqual({
      alg: 'PS256',
      typ: 'JWT',
      'x5t#S256': createHash('sha256').update(certificate.raw).digest('base64url'),
    })
    const now = Math.floor(nowMs / 1000)
    expect(JSON.parse(Buffer.from(payload).toString())).toEqual({
      aud: context.tokenEndpoint,
      iss: 'blueprint',
      sub: 'blueprint',
      nbf: `${now}`,
      exp: `${now + 600}`,
      jti: expect.any(String),
    })
  })

  test('with the wrong password cannot be loaded, and is read again at the next attempt', async () => {
    const path = await newFile()
    const credential = credentialOf({
      '0__SourceType': 'Path',
      '0__CertificateDiskPath': path,
      '0__CertificatePassword': 'pw',
    })
    await writeFile(path, makeCertificateFile('other'))
    await expect(credential.load()).rejects.toThrow('IDW10109')
    await writeFile(path, makeCertificateFile('pw'))
    expect(await authenticate(credential)).toHaveProperty('client_assertion')
  })
})
