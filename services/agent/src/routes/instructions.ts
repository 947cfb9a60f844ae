import { randomUUID } from 'node:crypto'
import { Instructions, InstructionsQuery, needsUser, Problem } from '@entra-bedrock-agent/identity-trace'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { describeInstructions } from '../bedrock/instructions.ts'
import type { ApiCaller } from '../downstream/api-caller.ts'
import type { AgentTokens } from '../identity/agent-tokens.ts'
import type { Toolset } from '../tools/toolset.ts'
import { betweenTurns } from '../turn/between-turns.ts'
import type { Turn } from '../turn/turn.ts'
import { readAsker, type SignInRules } from './sign-in.ts'

export interface InstructionsRouteOptions extends SignInRules {
  readonly toolsets: readonly Toolset[]
  readonly apis: Pick<ApiCaller, 'for'>
  readonly tokens: Pick<AgentTokens, 'obtain'>
}

const schema = {
  summary: 'What the model is told before a conversation',
  security: [{}, { userToken: [] }],
  querystring: InstructionsQuery,
  response: {
    200: Instructions,
    default: { description: 'A failure.', content: { 'application/problem+json': { schema: Problem } } },
  },
}

/** `GET /api/instructions`, for whoever may ask by `POST /api/chat`. */
export const instructionsRoute: FastifyPluginAsyncTypebox<InstructionsRouteOptions> = async (
  app,
  options,
) => {
  const { toolsets, apis, tokens } = options
  app.get('/api/instructions', { schema, config: { rateLimit: {} } }, async (request, reply) => {
    const asker = await readAsker(options, request, reply, request.query)
    const { agent, flow, signedIn, connection, requestId } = asker
    // A turn in which nothing is said: tools are chosen for it as for any other.
    const turn: Turn = {
      ...betweenTurns(agent, flow),
      id: randomUUID(),
      requestId,
      user: needsUser(flow) ? signedIn : undefined,
      signal: connection.signal,
      message: '',
      history: [],
      mode: 'bedrock',
      resumed: undefined,
      pausesForConsent: false,
      write: () => {},
      notice: () => {},
    }
    return describeInstructions(toolsets, apis.for(turn), tokens)
  })
}
