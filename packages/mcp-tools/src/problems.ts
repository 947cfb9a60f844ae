import { defineProblems, type ProblemKind } from '@entra-agents/service-kit'

/** Problems of MCP servers and their tools. A 4xx status says that the server works, and that only this call failed. */
export const mcpProblems = {
  MCP_SERVER_UNREACHABLE: {
    status: 503,
    title: 'An MCP server does not respond, or not as the protocol demands.',
    hint: 'Check that the server runs at its url in MCP_CONFIG and that the agent may connect to it; it is tried again by itself.',
  },
  MCP_TOOLS_MISSING: {
    status: 503,
    title: 'Tools of an MCP server that MCP_CONFIG allows are not offered.',
    hint: 'Compare allowedTools in MCP_CONFIG with what the server lists for the agent or this user; the log names each tool with the reason.',
  },
  MCP_TOOL_CHANGED: {
    status: 502,
    title: 'A tool of an MCP server is no longer the one that was pinned, so it is not offered.',
    hint: 'Look at what the server changed; if that is wanted, pin the new hash, which the agent’s log names.',
  },
  MCP_RESULT_TOO_LARGE: {
    status: 413,
    title: 'An MCP server sent more than it may, so the call was ended.',
    hint: 'Ask for less, or raise maxResultBytes of the server in MCP_CONFIG.',
  },
  MCP_TOOL_FAILED: {
    status: 422,
    title: 'A tool of an MCP server reported a failure.',
    hint: 'Ask otherwise; the detail repeats what the server says.',
  },
} as const satisfies Record<string, ProblemKind>

export const mcpProblem = defineProblems(mcpProblems)
