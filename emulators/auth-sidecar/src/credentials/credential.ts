import { createHash, createPrivateKey, randomUUID, X509Certificate } from 'node:crypto'
import { CompactSign } from 'jose'
import forge from 'node-forge'
import type { Clock } from '../clock.ts'

export type FormFields = Readonly<Record<string, string>>

/** Proves who a client is, by form fields of a token request. */
export type ClientCredential = (request: { clientId: string; tokenEndpoint: string }) => Promise<FormFields>

/** The form fields for a client assertion (RFC 7523). */
export const assertionFields = (assertion: string): FormFields => ({
  client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
  client_assertion: assertion,
})

const lifetimeSeconds = 600

/** The client credential in a PKCS#12 file: each request carries a fresh assertion, signed with PS256. Throws without an RSA key. */
export function loadCertificate(contents: Buffer, password: string, clock: Clock): ClientCredential {
  const { certificate, privateKey } = openPkcs12(contents, password)
  const thumbprint = createHash('sha256').update(certificate.raw).digest('base64url')
  return async ({ clientId, tokenEndpoint }) => {
    const now = Math.floor(clock.nowMs() / 1000)
    // MSAL writes these times as strings.
    const times = { nbf: `${now}`, exp: `${now + lifetimeSeconds}` }
    const claims = { aud: tokenEndpoint, iss: clientId, sub: clientId, ...times, jti: randomUUID() }
    const assertion = await new CompactSign(Buffer.from(JSON.stringify(claims)))
      .setProtectedHeader({ alg: 'PS256', typ: 'JWT', 'x5t#S256': thumbprint })
      .sign(privateKey)
    return assertionFields(assertion)
  }
}

/** https://www.rfc-editor.org/rfc/rfc7292 */
function openPkcs12(contents: Buffer, password: string) {
  const asn1 = forge.asn1.fromDer(forge.util.createBuffer(contents.toString('binary')))
  const bags = forge.pkcs12.pkcs12FromAsn1(asn1, password).safeContents.flatMap(({ safeBags }) => safeBags)
  const key = bags.find(bag => bag.key)?.key
  if (!key) throw new Error('The certificate file holds no private key.')
  const privateKey = createPrivateKey(forge.pki.privateKeyToPem(key))
  const certificate = bags
    .flatMap(({ cert }) => (cert ? [new X509Certificate(forge.pki.certificateToPem(cert))] : []))
    .find(candidate => candidate.checkPrivateKey(privateKey))
  if (!certificate) throw new Error('The certificate file holds no certificate of its private key.')
  return { certificate, privateKey }
}
