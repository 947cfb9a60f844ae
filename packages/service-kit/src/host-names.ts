/** Names that lead to this machine only. */
export const loopbackHosts: readonly string[] = ['localhost', '127.0.0.1', '[::1]']

/**
 * The host of a `Host` header or of a setting as URLs spell it: lower case, IPv6 in brackets, without port and final dot.
 * `undefined` when it is none.
 */
export function readHostName(host: string): string | undefined {
  if (/[/?#@\\*\s]/.test(host)) return undefined
  return URL.parse(`http://${host}`)?.hostname.replace(/\.$/, '') || undefined
}
