import { X509Certificate } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { temporaryFile } from '@entra-agents/service-kit/testing/temporary-file'
import { compactVerify, importX509 } from 'jose'
import forge from 'node-forge'
import { expect, test } from 'vitest'
import { readConfig } from '../config.ts'
import { makeCertificateFile } from '../testing/certificate-file.ts'
import { blueprintCredential } from './blueprint-credential.ts'

let nowMs = Date.now()
const clock = { nowMs: () => nowMs, sleep: async () => undefined }
const file = temporaryFile('credential')

function credentialOf(settings: Record<string, string>, federatedTokenFile?: string) {
  const named = Object.entries(settings).map(([name, value]) => [
    `AzureAd__ClientCredentials__${name}`,
    value,
  ])
  const ids = { AzureAd__TenantId: 't', AzureAd__ClientId: 'c' }
  const { azureAd } = readConfig({ ...ids, ...Object.fromEntries(named) })
  if (!azureAd) throw new Error('AzureAd is incomplete.')
  return blueprintCredential(azureAd.credentials, federatedTokenFile, clock)
}

async function authenticate(load: ReturnType<typeof credentialOf>): Promise<Record<string, string>> {
  const context = { clientId: 'blueprint', tokenEndpoint: 'https://login.example/t/oauth2/v2.0/token' }
  return (await load())(context)
}

/** A signed assertion with this lifetime, in the file. */
function writeAssertion(seconds: number): string {
  const claims = Buffer.from(JSON.stringify({ exp: nowMs / 1000 + seconds })).toString('base64url')
  writeFileSync(file, `e30.${claims}.c2ln\n`)
  return `e30.${claims}.c2ln`
}

test('The blueprint’s credential is the first configured credential that can be loaded', async () => {
  const store = { '0__SourceType': 'StoreWithThumbprint' }
  const secret = { '1__SourceType': 'ClientSecret', '1__ClientSecret': 's' }
  expect(await authenticate(credentialOf({ ...store, ...secret }))).toEqual({ client_secret: 's' })
})

test('A signed assertion in a file is read again only when it has expired', async () => {
  const first = writeAssertion(3600)
  const credential = credentialOf({ '0__SourceType': 'SignedAssertionFilePath' }, file)
  const read = async () => (await authenticate(credential))['client_assertion']
  expect(await read()).toBe(first)
  const second = writeAssertion(7200)
  expect(await read()).toBe(first)
  nowMs += 3_601_000
  expect(await read()).toBe(second)
})

test('An assertion cannot be loaded if only SignedAssertionFilePath names the file, although Microsoft’s guides use this setting', async () => {
  writeAssertion(3600)
  const settings = { '0__SourceType': 'SignedAssertionFilePath', '0__SignedAssertionFilePath': file }
  await expect(credentialOf(settings)()).rejects.toThrow('IDW10109')
})

test('A certificate is read again after a wrong password, and signs a fresh assertion each time', async () => {
  const settings = { '0__CertificateDiskPath': file, '0__CertificatePassword': 'pw' }
  const credential = credentialOf({ '0__SourceType': 'Path', ...settings })
  writeFileSync(file, makeCertificateFile('other'))
  await expect(credential()).rejects.toThrow('IDW10109')
  const content = makeCertificateFile('pw')
  writeFileSync(file, content)
  const [one, other] = [await authenticate(credential), await authenticate(credential)]
  expect(one['client_assertion']).not.toBe(other['client_assertion'])
  const certificate = certificateIn(content)
  const key = await importX509(certificate.toString(), 'PS256')
  const { payload, protectedHeader } = await compactVerify(one['client_assertion'] ?? '', key)
  const thumbprint = Buffer.from(certificate.fingerprint256.replaceAll(':', ''), 'hex').toString('base64url')
  expect(protectedHeader).toEqual({ alg: 'PS256', typ: 'JWT', 'x5t#S256': thumbprint })
  const { nbf, exp } = JSON.parse(Buffer.from(payload).toString())
  expect([nbf, exp]).toEqual([0, 600].map(seconds => `${Math.floor(nowMs / 1000) + seconds}`))
})

function certificateIn(content: Buffer): X509Certificate {
  const asn1 = forge.asn1.fromDer(content.toString('binary'))
  const bags = forge.pkcs12.pkcs12FromAsn1(asn1, 'pw').getBags({ bagType: forge.pki.oids['certBag'] ?? '' })
  const [bag] = Object.values(bags).flat()
  if (!bag?.cert) throw new Error('The file holds no certificate.')
  return new X509Certificate(forge.pki.certificateToPem(bag.cert))
}
