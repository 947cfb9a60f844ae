import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface TestCertificate extends Disposable {
  readonly keyFile: string
  readonly certificateFile: string
  readonly key: string
  readonly certificate: string
}

/** A self-signed RSA certificate for a host name, in files that are deleted when it is disposed. */
export function makeCertificate(name: string): TestCertificate {
  const folder = mkdtempSync(join(tmpdir(), 'entra-certificate-'))
  const [keyFile, certificateFile] = [join(folder, 'key.pem'), join(folder, 'certificate.pem')]
  execFileSync(
    'openssl',
    [
      'req',
      '-x509',
      ...['-newkey', 'rsa:2048', '-nodes', '-days', '2'],
      ...['-subj', `/CN=${name}`, '-addext', `subjectAltName=DNS:${name}`],
      ...['-keyout', keyFile, '-out', certificateFile],
    ],
    { stdio: 'pipe' },
  )
  return {
    keyFile,
    certificateFile,
    key: readFileSync(keyFile, 'utf8'),
    certificate: readFileSync(certificateFile, 'utf8'),
    [Symbol.dispose]: () => rmSync(folder, { recursive: true }),
  }
}
