import { generateKeyPairSync } from 'node:crypto'
import forge from 'node-forge'

/** A self-signed RSA certificate with its key as a PKCS#12 file, for tests. */
export function makeCertificateFile(password: string): Buffer {
  const keys = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const privateKey = forge.pki.privateKeyFromPem(
    keys.privateKey.export({ type: 'pkcs1', format: 'pem' }).toString(),
  )
  const certificate = forge.pki.createCertificate()
  certificate.publicKey = forge.pki.setRsaPublicKey(privateKey.n, privateKey.e)
  certificate.serialNumber = '01'
  certificate.validity.notBefore = new Date(Date.now() - 86_400_000)
  certificate.validity.notAfter = new Date(Date.now() + 86_400_000)
  const name = [{ name: 'commonName', value: 'weather-agent-blueprint' }]
  certificate.setSubject(name)
  certificate.setIssuer(name)
  certificate.sign(privateKey, forge.md.sha256.create())
  const file = forge.pkcs12.toPkcs12Asn1(privateKey, [certificate], password, { algorithm: 'aes256' })
  return Buffer.from(forge.asn1.toDer(file).getBytes(), 'binary')
}
