import type { Server } from 'node:http'
import { commonProblem, defineProblems } from '@entra-agents/service-kit'
import type { FastifyRequest } from 'fastify'
import type { Config } from './config.ts'
import { Entra } from './entra.ts'
import { list } from './errors/shape.ts'
import { makeKey, type SigningKey } from './keys/signing-keys.ts'
import { isSharedEndpoint } from './oauth/client.ts'
import { Form } from './oauth/form.ts'
import { makeTenant } from './seed/tenant.ts'
import { uncheckedClaims } from './tokens/jwt.ts'

const hint = 'GET /emulator/tenants lists the tenants that there are.'
const problem = defineProblems({
  CONFLICT: { status: 409, title: 'The other tenants do not allow this.', hint },
})

let generated: Promise<SigningKey> | undefined
/** The first key of all tenants in this process. To generate one takes longer than all else; Entra's tenants share theirs as well. */
const firstKey = () => (generated ??= makeKey())

/** The tenants behind one port: they share nothing but the first signing key. */
export class Tenants {
  /** The first one is of the server's own configuration, and stays. */
  readonly all: Entra[]
  readonly first: Entra
  readonly #server: () => Server
  readonly #most: number
  readonly #key: Promise<SigningKey>

  constructor(config: Config, server: () => Server, most = 1_000) {
    this.#key = config.signingKey ? Promise.resolve(config.signingKey) : firstKey()
    this.first = new Entra(config, server, this.#key)
    this.all = [this.first]
    this.#server = server
    this.#most = most
  }

  /** Makes the tenant of a seed, which cannot name files. */
  add(content: unknown): Entra {
    const faults = new Set<string>()
    const seed = makeTenant(content, null, sentence => faults.add(sentence))
    if (!seed || faults.size > 0)
      throw commonProblem('INVALID_REQUEST', `${[...faults].join('. ').slice(0, 5_000)}.`)
    const { tenantId, domain } = seed
    const taken = [tenantId, domain].find(name => this.find(name))
    if (taken) throw problem('CONFLICT', `There is a tenant "${taken}" already.`)
    if (this.all.length >= this.#most)
      throw problem('CONFLICT', `There are ${this.#most} tenants, the most that there can be.`)
    const added = new Entra({ ...this.first.config, seed, tenantId, domain }, this.#server, this.#key)
    this.all.push(added)
    return added
  }

  /** Running requests end as if the tenant were there, but no injected fault lets them wait any longer. */
  remove(name: string): void {
    const gone = this.get(name)
    if (gone === this.first) throw problem('CONFLICT', 'The first tenant is the server’s own: it stays.')
    this.all.splice(this.all.indexOf(gone), 1)
    gone.faults.stop()
  }

  /** The tenant with this id or domain. */
  get(name: string): Entra {
    const found = this.find(name)
    if (found) return found
    const domains = this.all.map(({ config }) => config.domain)
    const sentence = `There is no tenant "${name.slice(0, 100)}"; there ${list(domains, 'is')}.`
    throw commonProblem('NOT_FOUND', sentence, { hint })
  }

  find(name: string): Entra | undefined {
    const wanted = name.toLowerCase()
    return this.all.find(({ config }) => config.tenantId === wanted || config.domain === wanted)
  }

  /** The tenant of a request that arrives: the one that its address or else its bearer token names; else the first. */
  ofArrival({ params, query, headers }: FastifyRequest): Entra {
    // At `/common/discovery/instance` clients ask about an endpoint.
    const { authorization_endpoint: address } = query as Fields
    const { tenant = URL.parse(String(address))?.pathname.split('/')[1] } = params as Fields
    const [, jwt = ''] = headers.authorization?.split(' ') ?? []
    return this.find(String(tenant ?? uncheckedClaims(jwt)['tid'])) ?? this.first
  }

  /** The tenant of a request whose body is read: the header names it at the control plane, and the client at shared endpoints. */
  of({ entra, routeOptions, params, query, headers, body }: FastifyRequest): Entra {
    const { 'x-emulator-tenant': name = this.first.config.tenantId, authorization } = headers
    if (routeOptions.url?.startsWith('/emulator')) return this.get(String(name))
    if (!isSharedEndpoint(String((params as Fields)['tenant']))) return entra
    const { client_id = new Form(body, authorization).optional('client_id') } = query as Fields
    return this.all.find(({ directory }) => directory.application(String(client_id))) ?? this.first
  }
}

type Fields = Readonly<Record<string, unknown>>
