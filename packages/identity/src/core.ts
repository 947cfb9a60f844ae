/** The parts that the services, packages and tests of this repository share. Others have the entry `.`. */
export { type AgentIdentity, type Agents, type Blueprint, mayUseApi } from './agent-identity.ts'
export { noteSignIn, type VerifiedUserToken } from './agent-token.ts'
export { readAgents } from './agents-config.ts'
export { betweenTurns, type Caller } from './caller.ts'
export { type ApiCaller, createApiCaller } from './downstream/api-caller.ts'
export { ApiContext, type ApiContextOptions, type Permit } from './downstream/api-context.ts'
export { explainApiResponse } from './downstream/api-failures.ts'
export { type ApprovedCall, type CallProgress, sendAndNote } from './downstream/call-progress.ts'
export { redactBody } from './downstream/echoed-token.ts'
export {
  type ApiResponse,
  type ApiValidation,
  type Reply,
  readApiProblem,
  readApiValidation,
  readResponse,
} from './downstream/responses.ts'
export {
  type DownstreamApi,
  nameSidecarEntries,
  readDownstreamApi,
  variablePrefix,
} from './downstream-api.ts'
export { flowRules, neededRight, offeredFlows, ownFlow } from './flows.ts'
export { type IdentityProblemCode, identityProblem, identityProblems } from './problems.ts'
export { connectSidecar } from './sidecar-connection.ts'
export { explainResponse, explainSilence, type FailureContext } from './sidecar-failures.ts'
export { identityTiming } from './timing.ts'
export { type OpenStep, roundMs, type StepFacts, type StepObserver, TraceRecorder } from './trace-recorder.ts'
