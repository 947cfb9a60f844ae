/** Host names of the loopback interface. */
export const loopbackHosts: readonly string[] = ['localhost', '127.0.0.1', '[::1]']

/**
 * Normalises a host of a `Host` header or setting: lower case, IPv6 in brackets, without port and final dot. `undefined` if
 * it is invalid.
 */
export function readHostName(host: string): string | undefined {
  if (/[/?#@\\*\s]/.test(host)) return undefined
  return URL.parse(`http://${host}`)?.hostname.replace(/\.$/, '') || undefined
}
