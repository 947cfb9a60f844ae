export { type Access, type AccessNeeds, type AccessRules, decideAccess, type Refusal } from './access.ts'
export { readBearerToken } from './bearer-token.ts'
export {
  type AllowedCaller,
  type CallerFlow,
  type CallerKind,
  callerKinds,
  type Facets,
  type Identity,
  readFacets,
} from './caller.ts'
export type { TokenRules } from './checks.ts'
export { type Claims, type DecodedToken, decodeToken, fingerprint } from './decode-token.ts'
export { DenyListUnavailable } from './deny-list/deny-list.ts'
export { isDenyListLocation } from './deny-list/source.ts'
export { tokenProblems } from './problem-texts.ts'
export { metadataPaths } from './protected-resource.ts'
export { type RequireAgentTokenOptions, requireAgentToken } from './require-agent-token.ts'
export { createTokenCheck, type TokenCheck, type TokenCheckOptions } from './token-check.ts'
export { type CheckName, checkNames, SigningKeysUnavailable, TokenRefused } from './token-refused.ts'
export {
  createTokenVerifier,
  type TokenVerifier,
  type TokenVerifierOptions,
  type VerifiedToken,
} from './token-verifier.ts'
export { describeAccess, type Validated } from './validated.ts'
