export { Approvals } from './approvals.ts'
export { canonicalJson } from './call-digest.ts'
export type { PausableTurn, PauseForUser, TurnFigures, WaitingTurn } from './pausable-turn.ts'
export { approvalProblem, approvalProblems } from './problems.ts'
export { createSealKeys, readSealKeyFile, readSealKeys, type SealKeys } from './seal-keys.ts'
export {
  type CallEnd,
  denialText,
  mayCall,
  resumeStep,
  runStep,
  type StepCall,
  type StepOptions,
  waitAfterFailure,
  waitsForUser,
} from './step-of-calls.ts'
export { toolContext, withToolContext } from './tool-context.ts'
export {
  apisOf,
  type Change,
  type DirectCall,
  isConfiguredTool,
  type OfferedTool,
  type ToolContext,
  type Toolset,
  toolsetsOf,
} from './toolset.ts'
export { withUnknownOutcome } from './unknown-outcome.ts'
export type { ResumedTurn, Wait } from './waiting.ts'
