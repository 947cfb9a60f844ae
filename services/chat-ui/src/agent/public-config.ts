import type { PublicAgent, PublicConfig, Status } from '@entra-bedrock-agent/identity-trace'
import { PageError, pageProblem } from './page-problem.ts'

const timeoutMs = 4_000

/** Reads one of the agent's JSON documents; throws a PageError when it does not come within 4 s. */
async function readDocument(path: string): Promise<unknown> {
  const signal = AbortSignal.timeout(timeoutMs)
  const response = await fetch(path, { signal, cache: 'no-store' }).catch(() => {
    throw new PageError(pageProblem('AGENT_UNREACHABLE'))
  })
  const body: unknown = response.ok ? await response.json().catch(() => undefined) : undefined
  if (body === undefined) {
    throw new PageError(pageProblem('UNEXPECTED_RESPONSE', `HTTP status ${response.status}.`))
  }
  return body
}

export async function readConfig(): Promise<PublicConfig> {
  return (await readDocument('/api/config')) as PublicConfig
}

/** The agent of this name; `undefined` where there is none, as when a conversation is older than the configuration. */
export function agentNamed({ agents }: Pick<PublicConfig, 'agents'>, name: string): PublicAgent | undefined {
  return agents.find(agent => agent.name === name)
}

export async function readStatus(): Promise<Status> {
  return (await readDocument('/api/status')) as Status
}
