import type { Flow, Instructions } from '@entra-bedrock-agent/identity-trace'
import { PageError, pageProblem } from './page-problem.ts'

/** The agent obtains a token for each API to say which rights it holds, which may take as long as for a question. */
const timeoutMs = 20_000

interface InstructionsQuery {
  readonly agent: string
  readonly flow: Flow
  readonly userToken: string | undefined
}

/** Reads what the model of an agent is told in a flow; throws a PageError when the agent does not tell it. */
export async function readInstructions({ agent, flow, userToken }: InstructionsQuery): Promise<Instructions> {
  const response = await fetch(`/api/instructions?${new URLSearchParams({ agent, flow })}`, {
    signal: AbortSignal.timeout(timeoutMs),
    cache: 'no-store',
    headers: userToken === undefined ? {} : { authorization: `Bearer ${userToken}` },
  }).catch(() => {
    throw new PageError(pageProblem('AGENT_UNREACHABLE'))
  })
  const body = await response.json().catch(() => undefined)
  if (body === undefined)
    throw new PageError(pageProblem('UNEXPECTED_RESPONSE', `HTTP status ${response.status}.`))
  if (!response.ok) throw new PageError(body)
  return body
}
