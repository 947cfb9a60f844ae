import { type KeyObject, randomBytes, sign } from 'node:crypto'

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
/** A time of this and the next decades, such as `260101000000Z`. */
const time = (text: string) => der(0x17, Buffer.from(text))

const sha256WithRsa = sequence(identifier('2a864886f70d01010b'), der(0x05))
const commonName = '550403'

/**
 * A certificate (RFC 5280) that a key issues for itself, in DER. Validators that read keys from certificates (`x5c`) need one; nobody
 * trusts it for anything.
 *
 * @param name common name of issuer and subject, at most 64 ASCII characters
 */
export function makeCertificate(name: string, publicKey: KeyObject, privateKey: KeyObject): Buffer {
  const text = der(0x0c, Buffer.from(name))
  const distinguishedName = sequence(der(0x31, sequence(identifier(commonName), text)))
  const toBeSigned = sequence(
    der(0xa0, integer(2)),
    // A serial number is positive, so that its first bit is 0.
    integer(1, ...randomBytes(15)),
    sha256WithRsa,
    distinguishedName,
    sequence(time('260101000000Z'), time('491231235959Z')),
    distinguishedName,
    publicKey.export({ type: 'spki', format: 'der' }),
  )
  return sequence(toBeSigned, sha256WithRsa, bits(sign('sha256', toBeSigned, privateKey)))
}
