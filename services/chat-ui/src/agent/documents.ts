import type { PublicAgent, PublicConfig, Status } from '@entra-agents/trace'
import { spellOutDirections } from '@entra-agents/trace-view/words/visible-text'
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

/** The agent's configuration. A title is read in the direction in which it is written: what changes that is shown by name. */
export async function readConfig(): Promise<PublicConfig> {
  const config = await readDocument<PublicConfig>('/api/config')
  const spellOut = <Named extends { readonly title: string }>(named: Named): Named => ({
    ...named,
    title: spellOutDirections(named.title),
  })
  return { ...config, agents: config.agents.map(spellOut), apis: config.apis.map(spellOut) }
}

export function readStatus(): Promise<Status> {
  return readDocument('/api/status')
}

/** The agent of this name; `undefined` if there is none, for example for a conversation older than the configuration. */
export function agentNamed({ agents }: Pick<PublicConfig, 'agents'>, name: string): PublicAgent | undefined {
  return agents.find(agent => agent.name === name)
}
