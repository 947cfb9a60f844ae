import { identityTiming } from '@entra-agents/identity/core'

/** The agent's time limits, and the times that it waits, in milliseconds. Tests have shorter times. */
export const timing = {
  ...identityTiming,
  /** How often an event stream gets a comment, which keeps it open: proxies close streams that stay silent. */
  heartbeatMs: 10_000,
  /** After this time without reading, the reader of an event stream counts as gone, whatever its socket says. */
  stalledAfterMs: 60_000,
}

export type Timing = Readonly<typeof timing>
