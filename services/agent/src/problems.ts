import { commonProblems, defineProblems, type ProblemKind } from '@entra-agents/service-kit'

/**
 * Every failure of the agent that a user can meet, beside the common ones and those of the tools: its status, its cause and its remedy, one sentence each.
 * 401 means that the user's token is missing or unusable, 403 that the token is good but a right is missing,
 * 502 that something behind the agent answered wrongly or has to be set up, and 503 that a later try may succeed.
 */
export const agentProblems = {
  MESSAGE_TOO_LONG: {
    status: 400,
    title: 'The message or its history is too long.',
    hint: 'Shorten the message to 4,000 characters, or start a new conversation.',
  },
  RATE_LIMITED: {
    status: 429,
    title: 'Too many requests came from this address.',
    hint: 'Wait as long as the Retry-After header says, then send again.',
  },
  AGENT_BUSY: {
    status: 503,
    title: 'The agent has as many turns under way as it may.',
    hint: 'Try again in a moment; if it stays, run more replicas or raise MAX_CONCURRENT_TURNS.',
  },
  AGENT_STOPPING: {
    status: 503,
    title: 'The agent stopped before the answer was complete.',
    hint: 'Ask again; another replica or the restarted agent answers.',
  },
  TURN_TIMEOUT: {
    status: 504,
    title: 'The answer took longer than a turn may take.',
    hint: 'Ask again; the Identity Trace shows which hop was slow.',
  },

  ANSWER_TRUNCATED: {
    status: 502,
    title: 'The answer reached the token limit before its end.',
    hint: 'Ask for a shorter answer, or raise the token limit.',
  },
  TOOL_NOT_CALLED: {
    status: 502,
    title: 'The model answered without the tool that the question calls for.',
    hint: 'Do not rely on this answer; ask again, more precisely.',
  },
  TOOL_NOT_OFFERED: {
    status: 502,
    title: 'The model called a tool that it was not offered.',
    hint: 'Nothing was called; see in the Identity Trace what the model had read before, since a text may have told it to.',
  },
  TOKEN_BUDGET_REACHED: {
    status: 502,
    title: 'The turn’s budget of input tokens is used up.',
    hint: 'Ask for less at once, in several messages. If results of tools are long, lower their limits (maxResultCharacters), or raise TURN_INPUT_TOKENS.',
  },
} as const satisfies Record<string, ProblemKind>

/** Makes a failure of the agent: `throw problem('TURN_TIMEOUT', 'No complete answer came within 2 s.')`. */
export const problem = defineProblems({ ...commonProblems, ...agentProblems })
