import type { Caller } from '@entra-agents/identity/core'
import { getOrMake, LinkedAbort, SharedRequests } from '@entra-agents/service-kit'
import { type PriorDiscovery, SdkHttpError } from '@modelcontextprotocol/client'
import type { McpServer } from '../config.ts'
import { type Exchange, McpConnection } from './connection.ts'

/** How long a server counts as limited to the older protocol. Then it is tested again, since a busy server may be misjudged. */
const countsAsLegacyForMs = 5 * 60_000
/** The protocol wants 404 for an unknown session; many servers respond 400. In both cases the call was not run. */
const statusesOfLostSessions: readonly (number | undefined)[] = [400, 404]

/**
 * The connections to one server: one for each turn on behalf of a user, so that users share nothing, and one for all
 * that an agent does in a flow without a user.
 */
export class CallerConnections {
  readonly #server: McpServer
  /** The agents' own connections, by agent and flow. */
  readonly #own = new Map<string, SharedConnection>()
  readonly #ofTurns = new WeakMap<Caller, SharedConnection>()
  #prior: PriorDiscovery | undefined
  #priorUntilMs = 0

  constructor(server: McpServer) {
    this.#server = server
  }

  /** Makes one call under the caller's identity. Throws the same errors as `McpConnection.call`. */
  async call<Result>(
    caller: Caller,
    exchange: Exchange,
    make: Parameters<typeof McpConnection.prototype.call<Result>>[1],
  ): Promise<Result> {
    const shared = this.#connectionOf(caller)
    const connection = await shared.get(exchange)
    try {
      return await connection.call(exchange, make)
    } catch (error) {
      if (!(error instanceof SdkHttpError)) throw error
      // The server may speak another version of the protocol now, or may have forgotten the session.
      if (shared.replace(connection)) this.#prior = undefined
      if (!connection.hasSession || !statusesOfLostSessions.includes(error.status)) throw error
      const again = await shared.get(exchange)
      return await again.call(exchange, make)
    }
  }

  /** Ends the agents' own sessions. */
  async close(): Promise<void> {
    await Promise.all([...this.#own.values()].map(connection => connection.close()))
  }

  #connectionOf(caller: Caller): SharedConnection {
    const { agent, flow, user, signal } = caller
    if (!user) {
      const key = JSON.stringify([agent.clientId, flow])
      return getOrMake(this.#own, key, () => this.#share())
    }
    return getOrMake(this.#ofTurns, caller, () => {
      const ofTurn = this.#share()
      signal.addEventListener('abort', () => void ofTurn.close(), { once: true })
      return ofTurn
    })
  }

  #share(): SharedConnection {
    return new SharedConnection(exchange => this.#openConnection(exchange))
  }

  async #openConnection(exchange: Exchange): Promise<McpConnection> {
    if (performance.now() >= this.#priorUntilMs) this.#prior = undefined
    const { timeoutMs } = this.#server.limits
    // Each waiting call has its own limit, which does not end the attempt: later calls would go on joining an attempt that hangs.
    using limit = new LinkedAbort(exchange.signal)
    limit.after(timeoutMs, () => limit.abort(new DOMException('No connection in time.', 'TimeoutError')))
    const { signal } = limit
    const connection = await McpConnection.open(this.#server, { ...exchange, signal }, this.#prior)
    if (!this.#prior) {
      this.#prior = connection.prior
      this.#priorUntilMs =
        this.#prior.kind === 'legacy' ? performance.now() + countsAsLegacyForMs : Number.POSITIVE_INFINITY
    }
    return connection
  }
}

/** The one connection for all calls of one identity. Calls that need it at the same time share the attempt to open it. */
class SharedConnection {
  readonly #open: (exchange: Exchange) => Promise<McpConnection>
  readonly #opening = new SharedRequests<McpConnection>(Number.POSITIVE_INFINITY)
  #current: McpConnection | undefined

  constructor(open: (exchange: Exchange) => Promise<McpConnection>) {
    this.#open = open
  }

  /** Throws what opening threw, or the reason of the exchange's signal. */
  async get(exchange: Exchange): Promise<McpConnection> {
    return (
      this.#current ??
      (await this.#opening.join('', exchange.signal, async signal => {
        const connection = await this.#open({ ...exchange, signal })
        if (signal.aborted) {
          void connection.close()
          throw signal.reason
        }
        this.#current = connection
        return connection
      }))
    )
  }

  /** Stops using a connection for further calls; returns whether it was the current one. Calls under way go on. */
  replace(connection: McpConnection): boolean {
    if (this.#current !== connection) return false
    this.#current = undefined
    connection.retire()
    return true
  }

  async close(): Promise<void> {
    const current = this.#current
    this.#current = undefined
    await current?.close()
  }
}
