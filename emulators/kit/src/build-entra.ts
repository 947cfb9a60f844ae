import { loopbackHosts, type Variables } from '@entra-agents/service-kit'
import { buildApp } from '../../entra/src/app.ts'
import { readConfig } from '../../entra/src/config.ts'
import { trustedCertificate } from './certificate.ts'

/** The app of an Entra whose control plane may be called by the host of its public URL, too. */
export function buildEntra(env: Variables, seed: string | object | undefined, tls: boolean | undefined) {
  const publicHost = URL.parse(env['PUBLIC_URL'] ?? '')?.hostname
  const allowed = [...loopbackHosts, ...(publicHost ? [publicHost] : [])]
  const config = readConfig({ ALLOWED_HOSTS: allowed.join(), ...env }, seed)
  const { certificate: ca, key } = tls ? trustedCertificate(publicHost) : {}
  return { app: buildApp({ ...config, ...(ca && key && { tls: { cert: ca, key } }) }), config, ca }
}
