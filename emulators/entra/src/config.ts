import { createPrivateKey, X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { type EnvironmentReader, loopbackHosts, readEnvironment } from '@entra-agents/service-kit'
import { describeKey, type SigningKey } from './keys/signing-keys.ts'
import { readSeed } from './seed/read-seed.ts'

export type Config = ReturnType<typeof readConfig>

/**
 * Reads the environment; the workspace's README lists the variables.
 *
 * @param givenSeed takes the place of `ENTRA_SEED`: a file's path, or what would be in the file
 */
export function readConfig(env: Readonly<Record<string, string | undefined>>, givenSeed?: string | object) {
  return readEnvironment(env, reader => {
    const seed = readSeed(reader, givenSeed)
    if (reader.optional('REGISTRATIONS_FILE'))
      reader.fault('REGISTRATIONS_FILE is not read: let ENTRA_SEED name a file that has “extends: demo”.')
    return {
      // Without a tenant there are faults, for which this configuration is thrown away.
      ...{ seed, tenantId: seed?.tenantId, domain: seed?.domain },
      host: reader.text('HOST', 'localhost'),
      port: reader.port('PORT', 7001),
      logLevel: reader.logLevel(),
      allowedHosts: reader.hostNames('ALLOWED_HOSTS'),
      keepsClaims: reader.flag(
        'KEEP_CLAIMS',
        ['::1', ...loopbackHosts].includes(reader.text('HOST', 'localhost')),
      ),
      publicUrl: reader.optional('PUBLIC_URL') === undefined ? undefined : reader.url('PUBLIC_URL'),
      tls: readTls(reader),
      signingKey: readSigningKey(reader),
      agentTokenLifetimeSeconds: reader.integer('AGENT_TOKEN_LIFETIME_SECONDS', 86_400, 1, 86_400),
      documentHosts: reader.list('CLIENT_DOCUMENT_HOSTS', []).map(host => host.toLowerCase()),
    }
  })
}

function readTls(reader: EnvironmentReader): { cert: string; key: string } | undefined {
  const cert = readFile(reader, 'TLS_CERT_FILE')
  const key = readFile(reader, 'TLS_KEY_FILE')
  if (cert !== undefined && key !== undefined) return { cert, key }
  if (cert ?? key) reader.fault('TLS_CERT_FILE and TLS_KEY_FILE go together: set both or neither.')
  return undefined
}

/** The key that signs tokens from the start, with its certificate. */
function readSigningKey(reader: EnvironmentReader): SigningKey | undefined {
  const pem = readFile(reader, 'SIGNING_KEY_FILE')
  if (pem === undefined) return undefined
  try {
    const [certificate, privateKey] = [new X509Certificate(pem), createPrivateKey(pem)]
    if (privateKey.asymmetricKeyType === 'rsa' && certificate.checkPrivateKey(privateKey))
      return describeKey(certificate.raw, certificate.publicKey, privateKey)
  } catch {
    // What is wrong would be said in the words of OpenSSL.
  }
  reader.fault('SIGNING_KEY_FILE must have an RSA key and the certificate of this key, both as PEM.')
  return undefined
}

function readFile(reader: EnvironmentReader, variable: string): string | undefined {
  const path = reader.optional(variable)
  if (path === undefined) return undefined
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    reader.fault(`${variable} names ${path}, which can't be read: ${(error as Error).message}.`)
    return undefined
  }
}
