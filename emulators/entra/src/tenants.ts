import type { Server } from 'node:http'
import { defineProblems, type ProblemError } from '@entra-agents/service-kit'
import type { FastifyRequest } from 'fastify'
import { decodeJwt } from 'jose'
import type { Config } from './config.ts'
import { Entra } from './entra.ts'
import { makeKey } from './keys/signing-keys.ts'
import { Form } from './oauth/form.ts'
import { list } from './seed/names.ts'
import { makeTenant } from './seed/tenant.ts'

const mostTenants = 1_000
/** The header by which a request to the control plane names its tenant. */
const tenantHeader = 'x-emulator-tenant'

const hint = 'GET /emulator/tenants lists the tenants that there are.'
const problem = defineProblems({
  SEED_NOT_ACCEPTED: { status: 400, title: 'The seed has faults.', hint: 'Correct what the detail names.' },
  NO_SUCH_TENANT: { status: 404, title: 'There is no such tenant.', hint },
  TENANT_CONFLICT: { status: 409, title: 'The other tenants do not allow this.', hint },
})

/** The tenants behind one port: they share nothing but the first signing key. */
export class Tenants {
  /** The one of the server's own configuration, which stays. */
  readonly first: Entra
  readonly all: Entra[]
  readonly #server: () => Server
  /** To generate one takes longer than everything else; Entra's tenants share theirs as well. */
  readonly #key = makeKey()

  constructor(config: Config, server: () => Server) {
    this.#server = server
    this.first = new Entra(config, server, this.#key)
    this.all = [this.first]
  }

  /** Makes the tenant of a seed, which names no files. */
  add(content: unknown): Entra {
    if (this.all.length >= mostTenants)
      throw problem('TENANT_CONFLICT', `There are ${mostTenants} tenants, the most that there can be.`)
    const faults = new Set<string>()
    const seed = makeTenant(content, undefined, sentence => faults.add(sentence))
    if (!seed || faults.size > 0)
      throw problem('SEED_NOT_ACCEPTED', `${[...faults].join('. ').slice(0, 5_000)}.`)
    const { tenantId, domain } = seed
    const taken = [tenantId, domain].find(name => this.find(name))
    if (taken) throw problem('TENANT_CONFLICT', `There is a tenant "${taken}" already.`)
    const added = new Entra({ ...this.first.config, seed, tenantId, domain }, this.#server, this.#key)
    this.all.push(added)
    return added
  }

  /** Requests that the tenant has begun end as if it were there, but for injected faults that make them wait. */
  remove(name: string): void {
    const gone = this.find(name)
    if (!gone) throw this.#unknown(name)
    if (gone === this.first)
      throw problem('TENANT_CONFLICT', 'The first tenant is the server’s own: it stays.')
    this.all.splice(this.all.indexOf(gone), 1)
    gone.faults.stop()
  }

  /** The tenant with this id or domain. */
  find(name: string): Entra | undefined {
    return this.all.find(one => one.isCalled(name))
  }

  /** The tenant that the address names, or the header at the control plane, or the bearer token; else the first one. */
  of({ routeOptions, headers, params, query }: FastifyRequest): Entra {
    if (isControl(routeOptions)) return this.find(String(headers[tenantHeader])) ?? this.first
    const { tenant = tenantOf(query) } = params as { tenant?: string }
    return this.find(tenant ?? tenantOfToken(headers.authorization)) ?? this.first
  }

  /** The tenant of a request to a shared endpoint: the first one in which its client is registered. */
  ofClient({ body, query, headers }: FastifyRequest): Entra {
    const { client_id = new Form(body, headers.authorization).optional('client_id') } = query as Query
    return this.all.find(one => one.directory.application(String(client_id))) ?? this.first
  }

  /** Refuses requests to the control plane that name a tenant which is not there. */
  checkHeader({ routeOptions, headers }: FastifyRequest): void {
    const name = headers[tenantHeader]
    if (isControl(routeOptions) && name !== undefined && !this.find(String(name)))
      throw this.#unknown(String(name))
  }

  #unknown(name: string): ProblemError {
    const domains = this.all.map(({ config }) => config.domain)
    const sentence = `There is no tenant "${name.slice(0, 100)}"; there ${list(domains, 'is')}.`
    return problem('NO_SUCH_TENANT', sentence)
  }
}

type Query = Readonly<Record<string, unknown>>

function isControl({ url }: FastifyRequest['routeOptions']): boolean {
  return url?.startsWith('/emulator') === true
}

/** The tenant of the endpoint about which a client asks at `/common/discovery/instance`. */
function tenantOf(query: unknown): string | undefined {
  const { authorization_endpoint: address } = query as Query
  return URL.parse(String(address))?.pathname.split('/')[1]
}

/** Whose the bearer token says to be; the tenant then checks it. */
function tenantOfToken(authorization = ''): string {
  try {
    return String(decodeJwt(authorization.split(' ')[1] ?? '')['tid'])
  } catch {
    return ''
  }
}
