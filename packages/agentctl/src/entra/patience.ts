import { GraphRefusal } from './graph.ts'

/** The clock of a command; in tests, a clock on which time passes without waiting. */
export interface Clock {
  /** When the command was entered. */
  readonly enteredMs: number
  nowMs(): number
  wait(ms: number): Promise<void>
}

export interface Patience {
  readonly clock: Clock
  /** How long to wait for one thing at most, in seconds. */
  readonly waitSeconds: number
  /** Reports what is waited for. */
  readonly say: (line: string) => void
}

/** Entra has accepted a change and does not show it everywhere yet. */
export class NotYet extends Error {
  override readonly name = 'NotYet'
}

const longestWaitSeconds = 16

/** Codes of refusals about an object that was made a moment ago: Graph does not find it yet, or says that it exists already. */
const notYetCodes = [
  'Request_ResourceNotFound',
  'Request_MultipleObjectsWithSameKeyValue',
  'ResourceNotFound',
  'NoBackingApplicationObject',
  'Authorization_IdentityNotFound',
  'AgentIdentity_AgentBlueprintPrincipalDoesNotExist',
  'Directory_ConcurrencyViolation',
]
const notYetPattern =
  /already exist|already in use|not found|cannot be found|does not exist|does not reference a valid application/i

/** Repeats an action that is safe to repeat, at growing intervals, while its failure may only mean that Entra needs time. */
export async function patiently<Result>(
  { clock, waitSeconds, say }: Patience,
  what: string,
  act: () => Promise<Result>,
): Promise<Result> {
  const startMs = clock.nowMs()
  for (let attempt = 0; ; attempt++) {
    try {
      return await act()
    } catch (error) {
      const reason = reasonToWait(error)
      const waitedSeconds = Math.round((clock.nowMs() - startMs) / 1_000)
      const retryAfterSeconds = error instanceof GraphRefusal ? error.retryAfterSeconds : undefined
      const pauseSeconds = retryAfterSeconds ?? Math.min(2 ** attempt, longestWaitSeconds)
      if (reason === undefined || waitedSeconds + pauseSeconds > waitSeconds) throw error
      say(`waiting ${pauseSeconds} s for ${what} (${waitedSeconds} s so far): ${reason}`)
      await clock.wait(pauseSeconds * 1_000)
    }
  }
}

function reasonToWait(error: unknown): string | undefined {
  if (error instanceof NotYet) return error.message
  if (!(error instanceof GraphRefusal)) return undefined
  const { status, code, message } = error
  if (status === 429) return 'Graph limits the rate of requests'
  if (status >= 500) return `Graph has a problem of its own (${status} ${code})`
  const isNotYet = notYetCodes.includes(code) || (status === 400 && notYetPattern.test(message))
  return isNotYet ? `it, or what it depends on, is not visible everywhere yet (${code})` : undefined
}
