import tls from 'node:tls'
import { getOrMake, loopbackHosts, type Variables } from '@entra-agents/service-kit'
import type { FastifyInstance } from 'fastify'
import { buildApp } from '../../entra/src/app.ts'
import { readConfig } from '../../entra/src/config.ts'
import { makeServerCertificate } from '../../entra/src/keys/certificate.ts'
import { type Address, inject, listen, type RunningEmulator } from './emulator.ts'
import type { CustomToken, EntraFault, EntraRequest, FaultTarget, SignIn, Tokens } from './wire.ts'

export interface EntraOptions extends Address {
  /** The tenant: the path of a file (YAML or JSON), or what would be in it. */
  readonly seed: string | object
  /** The URL by which all clients reach it, if it is another one than that of `port`; it becomes a part of the issuer. */
  readonly publicUrl?: string
  /** Whether it speaks https, with a new certificate that this process trusts. MSAL's clients insist on https. */
  readonly tls?: boolean
}

/** A running Entra with one tenant. */
export type EmulatedEntra = Awaited<ReturnType<typeof startEntra>>

/** Starts an Entra in this process. @throws with all faults of the seed, in words */
export async function startEntra(options: EntraOptions) {
  const { seed, port = 0, host = 'localhost', publicUrl, tls } = options
  // Without types, a wrong name of the option would start the demo's tenant.
  if (!seed) throw new TypeError('startEntra needs a seed: the path of a file, or what would be in it.')
  const env = { PORT: String(port), HOST: host, PUBLIC_URL: publicUrl, LOG_LEVEL: 'silent' }
  const { app, config, ca } = buildEntra(env, seed, tls)
  const { entra } = app
  const handles: RunningEmulator<EntraRequest> = await listen(app, entra, { host, port })
  const id = (name: string) => findId(config.seed.ids, name)
  return Object.assign(handles, {
    url: entra.publicUrl,
    /** What clients are configured with: `{url}/{tenantId}`. */
    authority: `${entra.publicUrl}/${config.tenantId}`,
    tenantId: config.tenantId,
    /** `iss` of tokens of version 2. */
    issuer: entra.issuerV2,
    /** The certificate to trust (PEM), if it speaks https. */
    ca,
    /** The client id of an application, blueprint or agent, or the object id of a user or group, by its name in the seed. */
    id,
    /** Issues an access token, with any claims and lifetime. */
    async issueToken(token: CustomToken): Promise<string> {
      return (await post(app, 'tokens', token)).access_token
    },
    /** Signs a user in on the real page, as a browser does, and redeems the code as the application does. */
    signIn: (wanted: SignIn): Promise<Tokens> => post(app, 'sign-in', wanted),
    /** Injects a fault into requests, by default into all until it is disposed: `using _ = entra.fault('obo', 50076)`. */
    fault(leg: FaultTarget, fault: EntraFault, limits: { readonly times?: number } = {}): Disposable {
      const what = typeof fault === 'number' ? { kind: 'refuse', code: fault } : fault
      return inject(entra.faults, { target: { leg }, fault: what, ...limits })
    },
    /** Signs with a new key from now on; the old one stays published for an hour, or as long as you say. */
    async rotateKeys({ overlapSeconds = 3_600 }: { readonly overlapSeconds?: number } = {}): Promise<void> {
      await post(app, 'keys/rotate', { overlapSeconds })
    },
    /** The client secret that an application or blueprint has in the seed. */
    secretOf(name: string): string {
      const secret = entra.directory.application(id(name))?.passwordCredentials[0]?.secretText
      if (secret === undefined) throw new RangeError(`"${name}" has no secret in the seed.`)
      return secret
    },
  })
}

function findId(ids: Readonly<Record<string, ReadonlyMap<string, string>>>, name: string): string {
  const found = Object.values(ids).flatMap(names => names.get(name) ?? [])
  const names = Object.entries(ids).map(
    ([kind, those]) => `${kind} ${[...those.keys()].join(', ') || 'none'}`,
  )
  if (found.length === 1 && found[0] !== undefined) return found[0]
  throw new RangeError(
    `The seed has ${found.length === 0 ? 'nobody' : 'more than one'} of the name "${name}": ${names.join('; ')}.`,
  )
}

/** What the emulator refuses, in the words of Entra if Entra does. */
export class EntraRefusal extends Error {
  override readonly name = 'EntraRefusal'
  /** The AADSTS code, if Entra refuses. */
  readonly aadsts: number | undefined
  /** The whole response: OAuth's `error`, `error_description` and `claims`, or a problem document (RFC 9457). */
  readonly body: Readonly<Record<string, unknown>>

  constructor(body: Readonly<Record<string, unknown>>) {
    super(String(body['error_description'] ?? body['detail']))
    this.aadsts = [body['error_codes']].flat().find(code => typeof code === 'number')
    this.body = body
  }
}

/** @internal Posts to the control plane of an emulator in this process, which checks what it gets. @throws {EntraRefusal} */
export async function post(app: FastifyInstance, path: string, payload: object) {
  const headers = { host: 'localhost' }
  const response = await app.inject({ method: 'POST', url: `/emulator/${path}`, payload, headers })
  if (response.statusCode < 400) return response.json()
  throw new EntraRefusal(response.json())
}

/** @internal The app of an Entra whose control plane may be called by the host of its public URL, too. */
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
function trustedCertificate(host: string = hosts[0]) {
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
