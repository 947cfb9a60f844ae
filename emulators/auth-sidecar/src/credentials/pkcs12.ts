import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto'
import forge from 'node-forge'
import { CredentialUnavailableError } from './credential.ts'

export interface CertificateWithKey {
  readonly certificate: X509Certificate
  readonly privateKey: KeyObject
}

/**
 * Opens a PKCS#12 file (RFC 7292) with an RSA key.
 *
 * @throws {CredentialUnavailableError} when it holds no certificate with its private key.
 */
export function openPkcs12(contents: Buffer, password: string): CertificateWithKey {
  const asn1 = forge.asn1.fromDer(forge.util.createBuffer(contents.toString('binary')))
  const store = forge.pkcs12.pkcs12FromAsn1(asn1, password)
  const bags = store.safeContents.flatMap(({ safeBags }) => safeBags)
  const key = bags.find(bag => bag.key)?.key
  const certificates = bags.flatMap(({ cert }) =>
    cert ? [new X509Certificate(forge.pki.certificateToPem(cert))] : [],
  )
  if (!key) throw new CredentialUnavailableError('The certificate file holds no private key.')
  const privateKey = createPrivateKey(forge.pki.privateKeyToPem(key))
  const certificate = certificates.find(candidate => candidate.checkPrivateKey(privateKey))
  if (!certificate) {
    throw new CredentialUnavailableError('The certificate file holds no certificate of its private key.')
  }
  return { certificate, privateKey }
}
