import { constants, createHash, randomUUID, sign } from 'node:crypto'
import type { Clock } from '../clock.ts'
import { assertionFields, type ClientCredential, type CredentialContext } from './credential.ts'
import { type CertificateWithKey, openPkcs12 } from './pkcs12.ts'

const lifetimeSeconds = 600

export interface CertificateOptions {
  /** Whether the certificate travels with each assertion. */
  readonly sendX5c: boolean
  readonly clock: Clock
}

/**
 * A certificate from a PKCS#12 file: every request carries a fresh assertion, signed with PS256, for the token endpoint.
 *
 * @throws when the file cannot be opened with the password.
 */
export function loadCertificate(
  contents: Buffer,
  password: string,
  { sendX5c, clock }: CertificateOptions,
): ClientCredential {
  const certificate = openPkcs12(contents, password)
  const header = encode(describe(certificate, sendX5c))
  return {
    authenticate: context => {
      const unsigned = `${header}.${encode(claimsFor(context, clock))}`
      const signature = sign('sha256', Buffer.from(unsigned), {
        key: certificate.privateKey,
        padding: constants.RSA_PKCS1_PSS_PADDING,
        saltLength: constants.RSA_PSS_SALTLEN_DIGEST,
      })
      return assertionFields(`${unsigned}.${signature.toString('base64url')}`)
    },
  }
}

function describe({ certificate: { raw } }: CertificateWithKey, sendX5c: boolean) {
  const thumbprint = createHash('sha256').update(raw).digest('base64url')
  return {
    alg: 'PS256',
    typ: 'JWT',
    'x5t#S256': thumbprint,
    ...(sendX5c ? { x5c: [raw.toString('base64')] } : {}),
  }
}

/** The times are texts, as MSAL writes them. */

function claimsFor({ clientId, tokenEndpoint }: CredentialContext, clock: Clock) {
  const now = Math.floor(clock.now() / 1000)
  return {
    aud: tokenEndpoint,
    iss: clientId,
    sub: clientId,
    nbf: `${now}`,
    exp: `${now + lifetimeSeconds}`,
    jti: randomUUID(),
  }
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}
