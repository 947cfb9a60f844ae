/** Time limits for the sidecar and for APIs, and the times between attempts, in milliseconds. Tests have shorter times. */
export const identityTiming = {
  /** How long it may take to connect to the sidecar, which is in the same pod. */
  sidecarConnectMs: 1_000,
  /** How long the sidecar may be silent before the agent checks whether it is alive. */
  sidecarSilenceMs: 2_500,
  /** How long the check of a silent sidecar by `/healthz` may take: a sidecar that is short of CPU is not dead. */
  sidecarHealthMs: 3_000,
  /** About how long the agent waits before the second attempt to get a token; before later attempts it waits longer. */
  tokenRetryMs: 200,
  /** How long the agent retries while nobody listens at the sidecar's port: a container that ended is back in half a second. */
  sidecarRestartMs: 3_000,
  /** How long obtaining a token may take with all its attempts. */
  tokenDeadlineMs: 10_000,
  /** How long one call of an API may take. */
  apiCallMs: 10_000,
}

export type IdentityTiming = Readonly<typeof identityTiming>
