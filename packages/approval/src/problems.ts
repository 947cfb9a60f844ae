import { defineProblems, type ProblemKind } from '@entra-agents/service-kit'

/** What can go wrong between asking for an approval and continuing the turn. A request to continue that fails with one of these problems runs no tool. */
// biome-ignore format: table
export const approvalProblems = {
  TOOL_NEEDS_A_PERSON: { status: 403, title: 'This changes something, so a user has to approve it.', hint: 'Ask on behalf of a signed-in user.' },
  STEP_LIMIT_REACHED: { status: 502, title: 'The agent used up its steps without reaching an answer.', hint: 'Ask for less at once, in several messages.' },
  APPROVAL_INVALID: { status: 400, title: 'The approval is not one that this agent asked for, or not complete.', hint: 'Ask again, and approve or deny each of the calls that are shown.' },
  APPROVAL_NOT_YOURS: { status: 403, title: 'The approval was asked of somebody else.', hint: 'Sign in as the user who was asked, or ask again as this one.' },
  APPROVAL_CHANGED: { status: 409, title: 'What was approved is not what would be run now.', hint: 'Ask again: the call, its tool or the agent has changed meanwhile.' },
  APPROVAL_USED: { status: 409, title: 'A decision came before: what was approved is being done, or may have been done.', hint: 'See whether it was done, and ask again if it was not.' },
  APPROVAL_LIMIT_REACHED: { status: 409, title: 'The turn has waited for its user as often as a turn may.', hint: 'Ask for what is left in a new message.' },
  APPROVAL_EXPIRED: { status: 410, title: 'The approval came too late.', hint: 'Ask again; an approval counts for ten minutes.' },
  APPROVAL_TOO_LARGE: { status: 413, title: 'What the agent would have to keep until the approval is too much.', hint: 'Start a new conversation, or ask for less at once.' },
  APPROVAL_UNAVAILABLE: { status: 503, title: 'The agent can neither ask for approvals nor take them now, for it has no seal keys.', hint: 'See that the file of SEAL_KEYS_FILE is there: a line for each key, its id and 32 bytes in Base64; the first one seals.' },
} as const satisfies Record<string, ProblemKind>

export const approvalProblem = defineProblems(approvalProblems)
