import { Agent, type Dispatcher, interceptors } from 'undici'

/** Connections to other servers. */
export interface Connections {
  readonly dispatcher: Dispatcher
  /** Ends what is still under way. */
  close(): Promise<void>
}

/**
 * Keeps connections on which no response may measure more than `maxBytes`, neither as it is sent nor decompressed. It is
 * decompressed here, since `fetch` would do so without a limit.
 */
export function boundedConnections(maxBytes: number): Connections {
  const agent = new Agent({ connections: 16, maxResponseSize: maxBytes })
  return {
    dispatcher: agent.compose(interceptors.decompress({ maxSize: maxBytes, skipErrorResponses: false })),
    close: () => agent.destroy(),
  }
}
