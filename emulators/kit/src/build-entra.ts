import tls from 'node:tls'
import { getOrMake, loopbackHosts, type Variables } from '@entra-agents/service-kit'
import { buildApp } from '../../entra/src/app.ts'
import { readConfig } from '../../entra/src/config.ts'
import { makeServerCertificate } from '../../entra/src/keys/certificate.ts'

/** The app of an Entra whose control plane may be called by the host of its public URL, too. */
export function buildEntra(env: Variables, seed: string | object | undefined, tls: boolean | undefined) {
  const publicHost = URL.parse(env['PUBLIC_URL'] ?? '')?.hostname
  const allowed = [...loopbackHosts, ...(publicHost ? [publicHost] : [])]
  const config = readConfig({ ALLOWED_HOSTS: allowed.join(), ...env }, seed)
  const { certificate: ca, key } = tls ? trustedCertificate(publicHost) : {}
  return { app: buildApp({ ...config, ...(ca && key && { tls: { cert: ca, key } }) }), config, ca }
}

/** Names by which this machine, containers and Compose projects reach an emulator. */
const hosts = ['localhost', '127.0.0.1', 'entra', 'host.docker.internal'] as const

/** One for each host, so that no start makes a key again or adds to what this process trusts. */
const certificates = new Map<string, ReturnType<typeof makeServerCertificate>>()

/** A key and a certificate for these names and `host`, the same ones each time, which `fetch` and `https` of this process trust. */
export function trustedCertificate(host: string = hosts[0]) {
  return getOrMake(certificates, host, () => {
    const made = makeServerCertificate([host, ...hosts])
    // Node has it since 22.19 and 24.5.
    if (!('setDefaultCACertificates' in tls))
      throw new Error(
        `With tls, Node must be 22.19 or later (of 24, 24.5 or later), so that this process trusts the certificate; this is ${process.version}.`,
      )
    tls.setDefaultCACertificates([...tls.getCACertificates('default'), made.certificate])
    return made
  })
}
