import { type PriorDiscovery, SdkHttpError } from '@modelcontextprotocol/client'
import type { Caller } from '../../turn/turn.ts'
import type { McpServer } from './config.ts'
import { type Exchange, McpConnection } from './connection.ts'

/** How long a server is taken for one of the older era: it may have said so only because it was busy. */
const legacyForMs = 5 * 60_000

/**
 * The connections to one server: one for each turn on behalf of a user, so that users share nothing, and one for all
 * that the agent does as itself.
 */
export class McpConnections {
  readonly #server: McpServer
  readonly #ofTurns = new WeakMap<Caller, Promise<McpConnection>>()
  #own: Promise<McpConnection> | undefined
  #prior: PriorDiscovery | undefined
  #priorUntilMs = 0

  constructor(server: McpServer) {
    this.#server = server
  }

  /** Makes one call under the caller's identity. Throws as `McpConnection.call`. */
  async call<Result>(
    caller: Caller,
    exchange: Exchange,
    make: Parameters<typeof McpConnection.prototype.call<Result>>[1],
  ): Promise<Result> {
    const connection = await this.#connect(caller, exchange)
    try {
      return await connection.call(exchange, make)
    } catch (error) {
      if (!(error instanceof SdkHttpError)) throw error
      // The server does not speak as it did, or has forgotten the session and so has not run the call.
      const lostSession = error.status === 404 && connection.hasSession
      this.#forget(caller)
      if (!lostSession) throw error
      const again = await this.#connect(caller, exchange)
      return await again.call(exchange, make)
    }
  }

  /** Ends the agent's own session. */
  async close(): Promise<void> {
    const own = await this.#own?.catch(() => undefined)
    await own?.close()
  }

  async #connect(caller: Caller, exchange: Exchange): Promise<McpConnection> {
    // A turn that began to connect may have been given up since.
    const known = await this.#known(caller)?.catch(() => undefined)
    if (known) return known
    const opening = this.#open(exchange)
    this.#remember(caller, opening)
    try {
      return await opening
    } catch (error) {
      if (this.#known(caller) === opening) this.#forget(caller)
      throw error
    }
  }

  async #open(exchange: Exchange): Promise<McpConnection> {
    if (performance.now() >= this.#priorUntilMs) this.#prior = undefined
    const connection = await McpConnection.open(this.#server, exchange, this.#prior)
    if (!this.#prior) {
      this.#prior = connection.prior
      this.#priorUntilMs =
        this.#prior.kind === 'legacy' ? performance.now() + legacyForMs : Number.POSITIVE_INFINITY
    }
    return connection
  }

  #known(caller: Caller): Promise<McpConnection> | undefined {
    return caller.user ? this.#ofTurns.get(caller) : this.#own
  }

  #remember(caller: Caller, opening: Promise<McpConnection>): void {
    if (!caller.user) {
      this.#own = opening
      return
    }
    this.#ofTurns.set(caller, opening)
    const close = () => opening.then(connection => connection.close()).catch(() => {})
    caller.signal.addEventListener('abort', close, { once: true })
  }

  #forget(caller: Caller): void {
    this.#prior = undefined
    if (caller.user) this.#ofTurns.delete(caller)
    else this.#own = undefined
  }
}
