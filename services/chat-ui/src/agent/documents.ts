import type { PublicAgent, PublicConfig, Status } from '@entra-agents/trace'
import { PageError, pageProblem, readProblem } from './page-problem.ts'

interface ReadOptions {
  readonly timeoutMs?: number
  /** Tc; sent only if the flow needs it. */
  readonly userToken?: string | undefined
}

/** Reads one of the agent's JSON documents; throws a PageError if the agent does not send it in time. */
export async function readDocument<Document>(
  path: string,
  { timeoutMs = 4_000, userToken }: ReadOptions = {},
): Promise<Document> {
  const response = await fetch(path, {
    signal: AbortSignal.timeout(timeoutMs),
    cache: 'no-store',
    headers: userToken === undefined ? {} : { authorization: `Bearer ${userToken}` },
  }).catch(() => {
    throw new PageError(pageProblem('AGENT_UNREACHABLE'))
  })
  if (!response.ok) throw new PageError(await readProblem(response))
  return response.json().catch(() => {
    throw new PageError(pageProblem('UNEXPECTED_RESPONSE', `HTTP status ${response.status}.`))
  })
}

export function readConfig(): Promise<PublicConfig> {
  return readDocument('/api/config')
}

export function readStatus(): Promise<Status> {
  return readDocument('/api/status')
}

/** The agent of this name; `undefined` if there is none, for example for a conversation older than the configuration. */
export function agentNamed({ agents }: Pick<PublicConfig, 'agents'>, name: string): PublicAgent | undefined {
  return agents.find(agent => agent.name === name)
}
