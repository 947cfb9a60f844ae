import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { arch, tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { LocalServer } from '@entra-agents/service-kit/testing/local-server'
import { flowNames } from '@entra-agents/trace'
import type { Entra } from '../../../../../../emulators/entra/src/entra.ts'
import { makeCertificate } from '../../../../../../emulators/entra/src/testing/certificate.ts'
import { EmulatedAws, staticKeys } from '../../../../../../tests/contract/bedrock/emulated-aws.ts'
import {
  type Cluster,
  createCluster,
  subject,
} from '../../../../../../tests/contract/bedrock/web-identity.ts'
import { identities } from '../../../../../../tests/support/identities.ts'
import { Stack } from '../../../../../../tests/weather/support/stack.ts'
import { examineLaptop, type LaptopOptions } from '../../../../src/doctor/laptop.ts'

export type Variables = Readonly<Record<string, string | undefined>>

export const roleArn = 'arn:aws:iam::111122223333:role/entra-bedrock-agent'

/** The variables of the weather API unless a test changes them. */
const weatherDefaults: Variables = { AGENT_USERS: `${identities.agentId}=${identities.agentUserId}` }

export function sidecarImage(version: string): string {
  return `mcr.microsoft.com/entra-sdk/auth-sidecar:${version}-azurelinux3.0-distroless`
}

/** What a developer has: sidecar, weather API, a tenant and an AWS account. All but the weather API are emulated. */
export class Laptop implements AsyncDisposable {
  readonly stack: Stack
  readonly aws: EmulatedAws
  /** A cluster that projects a token; tenant and account trust the cluster's issuer. */
  readonly cluster: Cluster
  /** A web page, such as networks and proxies show in place of the requested one. */
  readonly portal = new LocalServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'text/html' }).end('<html><title>Welcome</title></html>')
  }, 'localhost')
  /** A server that accepts connections and never answers. */
  readonly silent = new LocalServer(() => undefined, 'localhost')
  /** A server by https, with a certificate of no authority that this machine knows. */
  readonly #untrusted = createUntrustedServer()
  /** A file for `AGENTS_CONFIG`: the agent of `.env`, with all flows and with a user account of its own. */
  readonly agentsFile = join(mkdtempSync(join(tmpdir(), 'laptop-')), 'agents.json')
  #weather = weatherDefaults

  private constructor(stack: Stack, aws: EmulatedAws, cluster: Cluster) {
    this.stack = stack
    this.aws = aws
    this.cluster = cluster
    const agentUser = { objectId: identities.agentUserId }
    const agent = { title: 'Agent', clientId: identities.agentId, agentUser, flows: flowNames }
    writeFileSync(this.agentsFile, JSON.stringify({ agents: { default: agent } }))
  }

  static async start(): Promise<Laptop> {
    const cluster = await createCluster()
    const aws = await EmulatedAws.start({
      EMULATOR_ROLE_ARN: roleArn,
      EMULATOR_TRUSTED_ISSUER: cluster.issuer,
      EMULATOR_TRUSTED_AUDIENCE: 'sts.amazonaws.com',
      EMULATOR_TRUSTED_SUBJECT: subject,
    })
    const entra = { FEDERATED_ISSUER: cluster.issuer, FEDERATED_SUBJECT: subject }
    const stack = await Stack.start({ entra }, ['entra', 'sidecar'])
    await stack.start('weather', weatherDefaults)
    const laptop = new Laptop(stack, aws, cluster)
    await Promise.all([laptop.portal.start(), laptop.silent.start()])
    await once(laptop.#untrusted.listen(0, 'localhost'), 'listening')
    return laptop
  }

  get untrustedUrl(): string {
    return `https://localhost:${(this.#untrusted.address() as AddressInfo).port}`
  }

  get entra(): Entra {
    return this.stack.appOf('entra').entra
  }

  /** Restores everything to its state at the start, but with these variables for sidecar and weather API. */
  async startAfresh(sidecar: Variables = {}, weather: Variables = weatherDefaults): Promise<void> {
    this.entra.reset()
    this.aws.reset()
    this.cluster.show()
    await this.stack.restart('sidecar', sidecar)
    // The weather API remembers nothing, so it can stay unless its settings change.
    if (weather === this.#weather && this.stack.runs('weather')) return
    this.#weather = weather
    await this.stack.restart('weather', weather)
  }

  /** `.env`, as it should be. */
  get environment(): Variables {
    return {
      TENANT_ID: identities.tenantId,
      BLUEPRINT_APP_ID: identities.blueprintAppId,
      AGENT_CLIENT_ID: identities.agentId,
      WEATHER_API_APP_ID: identities.weatherAppId,
      CLIENT_SPA_APP_ID: identities.pageAppId,
      ENTRA_AUTHORITY: this.stack.entraUrl,
      SIDECAR_URL: this.stack.sidecarUrl,
      WEATHER_API_URL: this.stack.weatherUrl,
      PORT: new URL(this.stack.agentUrl).port,
      PATH: resolve(import.meta.dirname, 'recorded-docker'),
      RUNNING_SIDECAR: sidecarImage('1.1.2'),
      IMAGE_ARCHITECTURE: arch() === 'x64' ? 'amd64' : arch(),
      ...this.aws.environment,
      ...staticKeys,
    }
  }

  /** A token that the tenant issues, by default Ada’s token for the blueprint. `order` changes what is asked for. */
  async token(order: Readonly<Record<string, unknown>> = {}): Promise<string> {
    const { pageAppId, blueprintAppId, ada } = identities
    const usual = { client: pageAppId, resource: blueprintAppId, user: ada.oid, scopes: ['access_as_user'] }
    const response = await this.stack.appOf('entra').inject({
      method: 'POST',
      url: '/emulator/tokens',
      headers: { host: 'localhost' },
      payload: { ...usual, ...order },
    })
    return response.json<{ access_token: string }>().access_token
  }

  async examine(env: Variables = {}, options: LaptopOptions = {}) {
    return examineLaptop({ ...this.environment, ...env }, options)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#untrusted.closeAllConnections()
    this.#untrusted.close()
    for (const part of [this.portal, this.silent, this.stack, this.aws, this.cluster]) await part.close()
    rmSync(dirname(this.agentsFile), { recursive: true })
  }
}

function createUntrustedServer(): Server {
  using own = makeCertificate('localhost')
  return createServer({ key: own.key, cert: own.certificate })
}
