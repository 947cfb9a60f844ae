import { proxyProblem } from '@entra-agents/service-kit'

// biome-ignore format: table
const explanations: readonly (readonly [codes: RegExp, cause: string, fix: string])[] = [
  [/^(ENOSPC|EDQUOT)$/, 'The disk is full.', 'Make room.'],
  [/^(EACCES|EPERM|EROFS)$/, 'This user may not read or write there.', 'Get the right to it, or name another file.'],
  [/^(ENOENT|ENOTDIR|EISDIR|ELOOP|ENAMETOOLONG)$/, 'There is no file of that name, or it is a folder.', 'Name a file in a folder that exists.'],
  [/^(ENOTFOUND|EAI_AGAIN)$/, 'DNS does not know the host, or cannot be asked.', 'Check the host’s name, the network and the VPN. If there is a proxy only: HTTPS_PROXY.'],
  [/^(SELF_SIGNED_CERT|DEPTH_ZERO_SELF_SIGNED|UNABLE_TO_|CERT_UNTRUSTED)/, 'The certificate is signed by an authority that this machine does not trust, such as that of a proxy that looks into TLS.', 'Name a file with the certificate of that authority: NODE_EXTRA_CA_CERTS. Never switch the check off.'],
  [/^(EPROTO$|CERT_|ERR_SSL|ERR_TLS)/, 'There is no TLS with the host.', 'Check the URL (is it an https port?), the host’s certificate, and the clock of this machine.'],
  [/TIMEOUT|^TimeoutError$|^(ECONNREFUSED|EHOSTUNREACH|ENETUNREACH)$/, 'Nobody answers at that address.', 'Check the URL, the network, the VPN and firewalls. If there is a proxy only: HTTPS_PROXY.'],
  [/^(ECONNRESET|EPIPE|UND_ERR_SOCKET)$/, 'The connection was cut.', 'Check the network, and a proxy if there is one.'],
]

/**
 * Why the system or the network failed, and what to do; `undefined` for every other error.
 *
 * @param url what was called, if something was
 */
export function explainSystemError(error: unknown, url?: string) {
  const proxy = url === undefined ? undefined : proxyProblem(error, url)
  const errors = chainOf(error)
  const failed = errors
    .map(({ message }) => message.trim())
    .filter(Boolean)
    .join(': ')
  if (proxy) return { failed, cause: proxy.message, fix: proxy.kind.hint }
  for (const one of errors) {
    const { code } = one as NodeJS.ErrnoException
    const sign = typeof code === 'string' ? code : one.name
    const [, cause, fix] = explanations.find(([codes]) => codes.test(sign)) ?? []
    if (cause !== undefined && fix !== undefined) return { failed, cause, fix }
  }
  return undefined
}

/** An error and its causes. */
function chainOf(error: unknown): readonly Error[] {
  return error instanceof Error ? [error, ...chainOf(error.cause)] : []
}
