import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import type { EnvironmentReader } from '@entra-agents/service-kit'
import { makeServerCertificate } from '../../emulators/entra/src/keys/certificate.ts'
import { fileOfDemo, keepFile, replaceFile } from './files.ts'

const host = 'localhost'
const leastLifetimeMs = 7 * 86_400_000

/**
 * The variables by which Entra speaks https, and by which every process trusts it beside what the user names; `undefined` if it
 * speaks http. Each port has a certificate of its own, which is made anew when it is about to expire.
 */
export function readEntraTls(env: EnvironmentReader, port: number) {
  if (!env.flag('ENTRA_TLS', false)) return undefined
  const { file: serverFile, certificate } = keepCertificate(`entra-${port}-key.pem`)
  const clientFile = fileOfDemo(`entra-${port}-ca.pem`)
  replaceFile(clientFile, `${certificate}${readExtraCertificates(env)}`)
  return {
    server: { TLS_CERT_FILE: serverFile, TLS_KEY_FILE: serverFile },
    client: { NODE_EXTRA_CA_CERTS: clientFile },
  }
}

/** A key and its certificate, in one file, so that they always belong together. */
export function keepCertificate(name: string): { file: string; certificate: string } {
  const file = keepFile(name, checkCertificate, () => {
    const { key, certificate } = makeServerCertificate([host])
    return `${certificate}${key}`
  })
  return { file, certificate: readCertificate(file).toString() }
}

/** Lets this process trust the certificates of a file, too. */
export function trust(file: string): void {
  setDefaultCACertificates([...getCACertificates(), readFileSync(file, 'utf8')])
}

/** @throws if a file has no certificate, one for other names, or one that is about to expire */
function checkCertificate(file: string): void {
  const { validToDate, subjectAltName } = readCertificate(file)
  const isLasting = validToDate.getTime() > Date.now() + leastLifetimeMs
  if (!isLasting || subjectAltName !== `DNS:${host}`) throw new Error(`${file} has no certificate to keep.`)
}

function readCertificate(file: string): X509Certificate {
  return new X509Certificate(readFileSync(file))
}

function readExtraCertificates(env: EnvironmentReader): string {
  const file = env.optional('NODE_EXTRA_CA_CERTS')
  try {
    return file === undefined ? '' : readFileSync(file, 'utf8')
  } catch {
    env.fault(`NODE_EXTRA_CA_CERTS names ${file}, which cannot be read.`)
    return ''
  }
}
