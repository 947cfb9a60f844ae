import { type Flow, needsUser, type TraceAudience } from '@entra-bedrock-agent/identity-trace'
import { valuesOfHeader } from '@entra-bedrock-agent/service-kit'
import type { FastifyRequest } from 'fastify'
import type { AgentIdentity } from '../identity/agent-identity.ts'
import type { VerifiedUserToken } from '../identity/agent-token.ts'
import type { UserTokenVerifier } from '../identity/user-token.ts'
import { problem } from '../problems.ts'

/** Who may ask, and who sees the trace. */
export interface SignInRules {
  readonly userTokens: UserTokenVerifier
  /** For agents without a rule of their own. */
  readonly requireSignIn: boolean
  readonly traceFor: TraceAudience
}

/**
 * The user who asks, by their token. One that is not needed is not even looked at.
 *
 * @throws ProblemError SIGN_IN_REQUIRED, USER_TOKEN_*; INVALID_REQUEST when the agent does not have the flow.
 */
export async function signIn(
  { userTokens, requireSignIn, traceFor }: SignInRules,
  request: FastifyRequest,
  agent: AgentIdentity,
  flow: Flow,
): Promise<VerifiedUserToken | undefined> {
  if (!agent.flows.includes(flow)) {
    throw problem('INVALID_REQUEST', `This agent has these flows: ${agent.flows.join(', ')}.`)
  }
  const [authorization, ...others] = valuesOfHeader(request.raw, 'authorization')
  const isNeeded = needsUser(flow) || (agent.requireSignIn ?? requireSignIn)
  const isUseful = traceFor === 'signed-in' && authorization !== undefined
  if (!isNeeded && !isUseful) return undefined
  if (others.length > 0) {
    throw problem('USER_TOKEN_INVALID', 'The request has more than one Authorization header.')
  }
  return userTokens.verify(authorization)
}
