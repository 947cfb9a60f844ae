import { createHash, randomBytes } from 'node:crypto'

/** An opaque value such as `uti`, `rh` or a refresh token: base64url of random bytes. */
export function opaqueValue(bytes: number): string {
  return randomBytes(bytes).toString('base64url')
}

/** A user's `sub`, which differs between applications. */
export function pairwiseSubject(tenantId: string, userId: string, appId: string): string {
  return createHash('sha256').update(`${tenantId}/${userId}/${appId}`).digest('base64url')
}

/** A GUID's 16 bytes as Entra encodes them in T1's `sub`: the first three groups are little-endian. */
export function encodeGuid(guid: string): string {
  const bytes = Buffer.from(guid.replaceAll('-', ''), 'hex')
  bytes.subarray(0, 4).reverse()
  bytes.subarray(4, 6).reverse()
  bytes.subarray(6, 8).reverse()
  return bytes.toString('base64url')
}
