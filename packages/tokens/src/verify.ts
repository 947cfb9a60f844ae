/** The parts of the check, for the agent: it checks users' tokens by rules of its own, and reads its own tokens. */
export { type Access, decideAccess, type Refusal } from './access.ts'
export { type RequestLike, readAuthorization, readBearerToken } from './bearer-token.ts'
export { type Facets, readFacets } from './caller.ts'
export { type Claims, type DecodedToken, decodeToken, fingerprint } from './decode-token.ts'
export {
  isSigningKeysUnavailable,
  isTokenRefused,
  SigningKeysUnavailable,
  TokenRefused,
} from './token-refused.ts'
export {
  createTokenVerifier,
  type TokenVerifier,
  type TokenVerifierOptions,
  type VerifiedToken,
} from './token-verifier.ts'
