/** What the archive of this package promises to others: the trace, what it is made of, and the chat that carries it. */
export { ChatRequest, ChatResponse, TokenUsage, ToolUse } from './chat.ts'
export { type ClaimGroup, type ClaimMeaning, claimDictionary, readNumericDate } from './claims.ts'
export { type ActsAs, type Flow, flowNames, flows, mapFlows, needsUser, type UserFlow } from './flows.ts'
export {
  type AskedCall,
  type ConsentRequest,
  ContinueRequest,
  Decision,
  Effect,
  PausedResponse,
  PauseKind,
  type TurnEvent,
} from './pause.ts'
export { NeededRight, Problem } from './problem.ts'
export { putStep } from './put-step.ts'
export { mayHoldSecret, redactText } from './redaction.ts'
export { Actor, Check, LogIds, TokenCard, type TokenRole, TraceStep } from './schema.ts'
export { type PublicAgent, PublicConfig } from './status.ts'
