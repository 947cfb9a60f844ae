import { type IdentityClient, SignedInUser, type VerifiedUserToken } from '@entra-agents/identity'
import { type AgentIdentity, type Agents, identityProblem } from '@entra-agents/identity/core'
import { type Flow, needsUser, type TraceAudience } from '@entra-agents/trace'
import type { FastifyReply, FastifyRequest } from 'fastify'

/** For plugins of routes that act for whoever asks: the agent does not start if these plugins do not come before them. */
export const guardedRoutes = {
  encapsulate: true,
  fastify: '5.x',
  dependencies: ['browser-boundary', '@fastify/rate-limit'],
}

/** Who may ask, and who sees the trace. */
export interface SignInRules {
  readonly agents: Agents
  readonly identity: Pick<IdentityClient, 'user'>
  /** Whether users have to sign in, for agents that do not set this themselves. */
  readonly requireSignIn: boolean
  readonly traceFor: TraceAudience
}

/**
 * Reads who asks which agent in which flow. `connection` aborts when the connection of the request closes.
 *
 * @param asked the agent's name; default: the first one
 * @throws ProblemError INVALID_REQUEST for an agent that does not exist or lacks the flow; SIGN_IN_REQUIRED, USER_TOKEN_*
 */
export async function readAsker(
  rules: SignInRules,
  request: FastifyRequest,
  reply: FastifyReply,
  asked: { readonly agent?: string; readonly flow: Flow },
) {
  const connection = new AbortController()
  reply.raw.once('close', () => connection.abort('The connection is closed.'))
  const { agents } = rules
  const { flow, agent: name = agents[0].name } = asked
  const agent = agents.find(known => known.name === name)
  if (!agent) {
    const names = agents.map(known => known.name).join(', ')
    throw identityProblem('INVALID_REQUEST', `There is no such agent. There are: ${names}.`)
  }
  const signedIn = await readSignedInUser(rules, request, agent, flow)
  return { agent, flow, signedIn, connection, requestId: request.id }
}

/** The user who asks, from their token. Ignores the token unless a sign-in is needed or only signed-in users see the trace. */
async function readSignedInUser(
  { identity, requireSignIn, traceFor }: SignInRules,
  request: FastifyRequest,
  agent: AgentIdentity,
  flow: Flow,
): Promise<VerifiedUserToken | undefined> {
  if (!agent.flows.includes(flow)) {
    throw identityProblem('INVALID_REQUEST', `This agent has these flows: ${agent.flows.join(', ')}.`)
  }
  const isNeeded = needsUser(flow) || (agent.requireSignIn ?? requireSignIn)
  const isUseful = traceFor === 'signed-in' && request.headers.authorization !== undefined
  if (!isNeeded && !isUseful) return undefined
  return SignedInUser.tokenOf(await identity.user(request.raw))
}
