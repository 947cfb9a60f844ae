import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { makeServerCertificate } from '../keys/certificate.ts'

export interface TestCertificate extends Disposable {
  readonly keyFile: string
  readonly certificateFile: string
  readonly key: string
  readonly certificate: string
}

/** A self-signed RSA certificate for host names, in files that are deleted when it is disposed. */
export function makeCertificate(...hosts: [string, ...string[]]): TestCertificate {
  const folder = mkdtempSync(join(tmpdir(), 'entra-certificate-'))
  const [keyFile, certificateFile] = [join(folder, 'key.pem'), join(folder, 'certificate.pem')]
  const made = makeServerCertificate(hosts)
  writeFileSync(keyFile, made.key)
  writeFileSync(certificateFile, made.certificate)
  return { ...made, keyFile, certificateFile, [Symbol.dispose]: () => rmSync(folder, { recursive: true }) }
}
