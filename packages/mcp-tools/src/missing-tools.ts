import type { ProblemError } from '@entra-agents/service-kit'
import type { McpServer } from './config.ts'
import type { MissingTool } from './offered-tools/offered-tools.ts'
import { mcpProblem } from './problems.ts'

/** Reports which tools are dropped because their definition is not the pinned one. */
function changedToolsProblem({ api }: McpServer, changed: readonly MissingTool[]): ProblemError {
  const names = changed.map(({ tool }) => tool).join(', ')
  return mcpProblem('MCP_TOOL_CHANGED', `The ${api.title} lists ${names} otherwise than it was pinned.`, {
    upstream: { service: api.name },
    hint: `Look at what the ${api.title} changed in ${names}; if that is wanted, pin the new hash, which the agent’s log names.`,
  })
}

/** Reports which of the allowed tools are not offered, each with the reason. */
export function refusedToolsProblem(
  { api, allowedTools }: McpServer,
  refused: readonly MissingTool[],
): ProblemError {
  const each = refused.map(({ tool, reason }) => `${tool} (${reason})`).join(', ')
  return mcpProblem(
    'MCP_TOOLS_MISSING',
    `${refused.length} of ${allowedTools.length} allowed tools of the ${api.title} are not offered: ${each}.`,
    { upstream: { service: api.name } },
  )
}

/** Reports that no tool of the server is known, and why. */
export function unknownToolsProblem({ api }: McpServer, reason: ProblemError): ProblemError {
  const { hint = reason.kind.hint, upstream } = reason.options
  const status = upstream?.status === undefined ? {} : { status: upstream.status }
  return mcpProblem('MCP_TOOLS_MISSING', `No tool of the ${api.title} is offered: ${reason.message}`, {
    upstream: { service: api.name, ...status, code: reason.code },
    hint,
  })
}

/** What is wrong with a list that lacks these tools, if anything. */
export function explainMissing(server: McpServer, missing: readonly MissingTool[]): readonly ProblemError[] {
  const { changed = [], refused = [] } = Object.groupBy(missing, ({ hashes }) =>
    hashes ? 'changed' : 'refused',
  )
  return [
    ...(changed.length > 0 ? [changedToolsProblem(server, changed)] : []),
    ...(refused.length > 0 ? [refusedToolsProblem(server, refused)] : []),
  ]
}

/** Whether a failure is about a user or their token, and so says nothing of the next user. */
export function isAboutUser({ code, kind }: ProblemError): boolean {
  return (
    kind.status === 401 || kind.status === 403 || code === 'API_FORBIDDEN' || code === 'API_TOKEN_REJECTED'
  )
}
