export {
  ActingAgent,
  type ApiToken,
  type AsOptions,
  type IdentityTrace,
  type StepOptions,
} from './acting-agent.ts'
export type { AgentIdentity } from './agent-identity.ts'
export type { VerifiedUserToken } from './agent-token.ts'
export { createIdentityClient, IdentityClient, type UserRequest } from './client.ts'
export type { DownstreamApi } from './downstream-api.ts'
export { IdentityError, type IdentityErrorCode } from './identity-error.ts'
export type { Log } from './log.ts'
export type { AgentOptions, ApiOptions, IdentityClientOptions } from './options.ts'
export { type SidecarOptions, sidecar } from './sidecar.ts'
export { SignedInUser } from './signed-in-user.ts'
export type { TokenRequest, TokenSource } from './token-source.ts'
