import {
  ChatRequest,
  ChatResponse,
  chatLimits,
  type Flow,
  needsUser,
  Problem,
  type TraceAudience,
  type TurnEvent,
} from '@entra-bedrock-agent/identity-trace'
import { markFailed, valuesOfHeader } from '@entra-bedrock-agent/service-kit'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import { type Agents, onlyAgent } from '../identity/agent-identity.ts'
import type { UserTokenVerifier, VerifiedUserToken } from '../identity/user-token.ts'
import { problem } from '../problems.ts'
import type { TurnMetrics } from '../status/metrics.ts'
import { collectTurn } from '../turn/collect-turn.ts'
import type { Turns } from '../turn/turns.ts'
import { sendEventStream } from './event-stream.ts'
import { readMessage } from './message.ts'

export interface ChatRouteOptions {
  readonly agents: Agents
  readonly turns: Turns
  readonly userTokens: UserTokenVerifier
  readonly requireSignIn: boolean
  readonly traceFor: TraceAudience
  readonly metrics: Pick<TurnMetrics, 'streamOpened' | 'streamClosed'>
}

const stream = 'text/event-stream'
const schema = {
  summary: 'Runs one chat turn',
  description:
    'Responds with one JSON document, or – with Accept: text/event-stream – as server-sent events: ' +
    '`turn` first, then `step`, `delta` and `notice` as they come, and exactly one `result` or `problem` last.',
  security: [{}, { userToken: [] }],
  body: ChatRequest,
  response: {
    200: {
      description: 'The turn is over (JSON), or begins (event stream).',
      content: { 'application/json': { schema: ChatResponse }, [stream]: { schema: Type.String() } },
    },
    default: { description: 'A failure.', content: { 'application/problem+json': { schema: Problem } } },
  },
}

/** `POST /api/chat`. */
export const chatRoute: FastifyPluginAsyncTypebox<ChatRouteOptions> = async (app, options) => {
  const agent = onlyAgent(options.agents)
  const { turns, userTokens, requireSignIn, traceFor, metrics } = options

  /** A token that is not needed is not even looked at. */
  async function signIn(request: FastifyRequest, flow: Flow): Promise<VerifiedUserToken | undefined> {
    const [authorization, ...others] = valuesOfHeader(request.raw, 'authorization')
    const isNeeded = needsUser(flow) || requireSignIn
    const isUseful = traceFor === 'signed-in' && authorization !== undefined
    if (!isNeeded && !isUseful) return undefined
    if (others.length > 0) {
      throw problem('USER_TOKEN_INVALID', 'The request has more than one Authorization header.')
    }
    return userTokens.verify(authorization)
  }

  const limits = { bodyLimit: chatLimits.bodyBytes, config: { rateLimit: {} } }
  app.post('/api/chat', { schema, ...limits }, async (request, reply) => {
    const connection = new AbortController()
    reply.raw.once('close', () => connection.abort('The connection is closed.'))
    const { mode, flow } = request.body
    const accepted = request.accepts().type(['application/json', stream])
    if (accepted === false) {
      throw problem('NOT_ACCEPTABLE', `The response comes as application/json or ${stream}.`)
    }
    if (!agent.flows.includes(flow)) {
      throw problem('INVALID_REQUEST', `This agent has these flows: ${agent.flows.join(', ')}.`)
    }
    const signedIn = await signIn(request, flow)
    const asked = {
      ...readMessage(request.body),
      agent,
      flow,
      requestId: request.id,
      signedIn,
    }
    const showsTrace = traceFor === 'everyone' || (traceFor === 'signed-in' && signedIn !== undefined)
    const turn = turns.start(mode, asked, connection, request.log)
    const events = showsTrace ? turn : withoutTrace(turn)
    if (accepted !== stream) return payloadOf(reply, await collectTurn(events))
    metrics.streamOpened()
    try {
      return await sendEventStream(reply, events)
    } finally {
      metrics.streamClosed()
    }
  })
}

/** What is sent of a turn's outcome; a problem has a status and a type of its own. */
function payloadOf(reply: FastifyReply, outcome: ChatResponse | Problem | undefined) {
  // The client is gone.
  if (!outcome) return reply.hijack()
  if ('answer' in outcome) return outcome
  markFailed(outcome.code)
  reply.code(outcome.status).type('application/problem+json')
  return outcome
}

async function* withoutTrace(
  turn: AsyncIterable<readonly TurnEvent[]>,
): AsyncGenerator<readonly TurnEvent[], void, undefined> {
  for await (const events of turn) yield events.filter(({ event }) => event !== 'step')
}
