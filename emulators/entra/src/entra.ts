import type { Server } from 'node:http'
import { Clock } from './clock.ts'
import type { Config } from './config.ts'
import { Directory } from './directory/directory.ts'
import { seedDirectory } from './directory/seed.ts'
import { Faults } from './emulator/faults.ts'
import { RequestLog } from './emulator/request-log.ts'
import { FederatedIssuers } from './keys/federated-issuers.ts'
import { SigningKeys } from './keys/signing-keys.ts'
import { Grants } from './sign-in/grants.ts'
import { Sessions } from './sign-in/sessions.ts'

/** Entra's own default; tests shorten it. */
const defaultTokenLifetimeSeconds = 3599

/** One tenant at work: everything the routes share. */
export class Entra {
  readonly config: Config
  readonly clock = new Clock()
  readonly keys = new SigningKeys(this.clock)
  readonly federatedIssuers = new FederatedIssuers(this.clock)
  readonly sessions = new Sessions()
  readonly grants = new Grants(this.clock)
  readonly faults = new Faults()
  readonly requests = new RequestLog()
  directory: Directory
  tokenLifetimeSeconds = defaultTokenLifetimeSeconds
  /** Whether Graph v1.0 refuses what is about agents, as it did before that was generally available. */
  agentsOnBetaOnly = false
  readonly #server: () => Server

  constructor(config: Config, server: () => Server) {
    this.config = config
    this.directory = new Directory(seedDirectory(config))
    this.#server = server
  }

  /** Where clients see this server: as configured, else where it listens. No trailing slash. */
  get publicUrl(): string {
    const { publicUrl, tls, port } = this.config
    if (publicUrl !== undefined) return publicUrl
    const address = this.#server().address()
    const listening = typeof address === 'object' && address !== null ? address.port : port
    return `${tls ? 'https' : 'http'}://localhost:${listening}`
  }

  get issuerV1(): string {
    return `https://sts.windows.net/${this.config.tenantId}/`
  }

  get issuerV2(): string {
    return `${this.publicUrl}/${this.config.tenantId}/v2.0`
  }

  /** Back to the seed: whatever was changed, issued or ordered is forgotten. The keys stay. */
  reset(): void {
    this.directory = new Directory(seedDirectory(this.config))
    this.faults.clear()
    this.requests.clear()
    this.sessions.clear()
    this.grants.clear()
    this.clock.offsetSeconds = 0
    this.tokenLifetimeSeconds = defaultTokenLifetimeSeconds
    this.agentsOnBetaOnly = false
  }
}
