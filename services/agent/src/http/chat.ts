import {
  ChatResponse,
  ChatRequest,
  chatLimits,
  Problem,
  type TurnEvent,
} from '@entra-bedrock-agent/identity-trace'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import type { UserTokenVerifier, VerifiedUserToken } from '../identity/user-token.ts'
import { problem } from '../problems.ts'
import { collectTurn } from '../turn/collect-turn.ts'
import type { Turns } from '../turn/turns.ts'
import { sendEventStream } from './event-stream.ts'
import { readMessage } from './message.ts'
import { readTraceparent } from './trace-context.ts'

export interface ChatRouteOptions {
  readonly turns: Turns
  readonly userTokens: UserTokenVerifier
  readonly requireSignIn: boolean
}

const stream = 'text/event-stream'
const schema = {
  summary: 'Runs one chat turn',
  description:
    'Answers as one JSON document, or – with Accept: text/event-stream – as server-sent events: ' +
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
  const { turns, userTokens, requireSignIn } = options

  /** A token that was not asked for is not even looked at. */
  async function signIn(request: FastifyRequest, flow: string): Promise<VerifiedUserToken | undefined> {
    if (flow !== 'obo' && !requireSignIn) return undefined
    return userTokens.verify(request.headers.authorization)
  }

  const limits = { bodyLimit: chatLimits.bodyBytes, config: { rateLimit: {} } }
  app.post('/api/chat', { schema, ...limits }, async (request, reply) => {
    const connection = new AbortController()
    reply.raw.once('close', () => connection.abort('The connection is closed.'))
    const { mode, flow } = request.body
    const accepted = request.accepts().type(['application/json', stream])
    if (accepted === false) {
      throw problem('NOT_ACCEPTABLE', `The answer comes as application/json or ${stream}.`)
    }
    const asked = {
      ...readMessage(request.body),
      flow,
      requestId: request.id,
      traceparent: readTraceparent(request.headers['traceparent']),
      signedIn: await signIn(request, flow),
    }
    const events = turns.start(mode, asked, connection, request.log)
    return accepted === stream ? sendEventStream(reply, events) : sendJson(reply, events)
  })
}

async function sendJson(reply: FastifyReply, events: AsyncIterable<TurnEvent>): Promise<FastifyReply> {
  const answer = await collectTurn(events)
  // Nobody is there to answer.
  if (!answer) return reply.hijack()
  if ('answer' in answer) return reply.send(answer)
  return reply.code(answer.status).type('application/problem+json').send(answer)
}
