import { generateKeyPairSync, type KeyObject, randomBytes, sign, X509Certificate } from 'node:crypto'
import { isIPv4 } from 'node:net'

/** One value in DER (ITU-T X.690): its tag, the length of its content, and the content. */
function der(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(parts)
  const { length } = content
  const bytes = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 255]
  return Buffer.concat([Buffer.from([tag, ...bytes]), content])
}

const sequence = (...parts: readonly Uint8Array[]) => der(0x30, ...parts)
const integer = (...bytes: readonly number[]) => der(0x02, Uint8Array.from(bytes))
const identifier = (hex: string) => der(0x06, Buffer.from(hex, 'hex'))
const bits = (content: Uint8Array) => der(0x03, Uint8Array.of(0), content)
/** A time before 2050, such as `260101000000Z`. */
const time = (date: Date) => der(0x17, Buffer.from(`${date.toISOString().replace(/\D/g, '').slice(2, 14)}Z`))

const sha256WithRsa = sequence(identifier('2a864886f70d01010b'), der(0x05))
const commonName = '550403'
const serialNumber = '550405'
const subjectAlternativeName = '551d11'
const extendedKeyUsage = '551d25'
const serverAuthentication = '2b06010505070301'

interface Contents {
  /** Common name of issuer and subject, at most 64 ASCII characters. */
  readonly name: string
  readonly from: Date
  readonly until: Date
  /** The DNS names and IPv4 addresses of a server for TLS. */
  readonly hosts?: readonly string[]
}

/** A certificate (RFC 5280) that a key issues for itself, in DER. It is no authority: who trusts it trusts no other certificate. */
export function makeCertificate(
  { name, from, until, hosts = [] }: Contents,
  publicKey: KeyObject,
  privateKey: KeyObject,
): Buffer {
  const text = der(0x0c, Buffer.from(name))
  const serial = randomBytes(15)
  // With the serial number in the name, since OpenSSL does not tell certificates of one name from each other.
  const distinguishedName = sequence(
    der(0x31, sequence(identifier(commonName), text)),
    der(0x31, sequence(identifier(serialNumber), der(0x13, Buffer.from(serial.toString('hex'))))),
  )
  const toBeSigned = sequence(
    der(0xa0, integer(2)),
    // A serial number is positive, so that its first bit is 0.
    integer(1, ...serial),
    sha256WithRsa,
    distinguishedName,
    sequence(time(from), time(until)),
    distinguishedName,
    publicKey.export({ type: 'spki', format: 'der' }),
    ...(hosts.length > 0 ? [der(0xa3, sequence(...serverExtensions(hosts)))] : []),
  )
  return sequence(toBeSigned, sha256WithRsa, bits(sign('sha256', toBeSigned, privateKey)))
}

function serverExtensions(hosts: readonly string[]): readonly Buffer[] {
  const names = hosts.map(host =>
    isIPv4(host) ? der(0x87, Uint8Array.from(host.split('.'), Number)) : der(0x82, Buffer.from(host)),
  )
  return [
    sequence(identifier(subjectAlternativeName), der(0x04, sequence(...names))),
    sequence(identifier(extendedKeyUsage), der(0x04, sequence(identifier(serverAuthentication)))),
  ]
}

/** A new key and a certificate with which a server speaks TLS by these names for a year, both as PEM. */
export function makeServerCertificate(hosts: readonly [string, ...string[]]) {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const [dayMs, now] = [86_400_000, Date.now()]
  const dates = { from: new Date(now - dayMs), until: new Date(now + 365 * dayMs) }
  const content = makeCertificate({ name: hosts[0], hosts, ...dates }, publicKey, privateKey)
  return {
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    certificate: new X509Certificate(content).toString(),
  }
}
