import { ChatRequest, ChatResponse, chatLimits, Problem } from '@entra-bedrock-agent/identity-trace'
import { markFailed } from '@entra-bedrock-agent/service-kit'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyReply } from 'fastify'
import { Type } from 'typebox'
import type { Agents } from '../identity/agent-identity.ts'
import { problem } from '../problems.ts'
import type { TurnMetrics } from '../status/metrics.ts'
import { collectTurn } from '../turn/collect-turn.ts'
import type { Turns } from '../turn/turns.ts'
import { chooseAgent } from './choose-agent.ts'
import { sendEventStream } from './event-stream.ts'
import { readMessage } from './message.ts'
import { type SignInRules, signIn } from './sign-in.ts'

export interface ChatRouteOptions extends SignInRules {
  readonly agents: Agents
  readonly turns: Turns
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
  const { agents, turns, traceFor, metrics } = options

  const limits = { bodyLimit: chatLimits.bodyBytes, config: { rateLimit: {} } }
  app.post('/api/chat', { schema, ...limits }, async (request, reply) => {
    const connection = new AbortController()
    reply.raw.once('close', () => connection.abort('The connection is closed.'))
    const { mode, flow } = request.body
    const accepted = request.accepts().type(['application/json', stream])
    if (accepted === false) {
      throw problem('NOT_ACCEPTABLE', `The response comes as application/json or ${stream}.`)
    }
    const agent = chooseAgent(agents, request.body.agent)
    const signedIn = await signIn(options, request, agent, flow)
    const events = turns.start(mode, {
      ...readMessage(request.body),
      agent,
      flow,
      requestId: request.id,
      signedIn,
      showsTrace: traceFor === 'everyone' || (traceFor === 'signed-in' && signedIn !== undefined),
      connection,
      log: request.log,
    })
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
