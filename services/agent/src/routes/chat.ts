import type { Approvals } from '@entra-agents/approval'
import { closeConnectionAfter, markSpanFailed } from '@entra-agents/service-kit'
import {
  ChatRequest,
  ChatResponse,
  ContinueRequest,
  chatLimits,
  PausedResponse,
  Problem,
  putStep,
  type TraceStep,
  type TurnEvent,
} from '@entra-agents/trace'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyReply, FastifyRequest } from 'fastify'
import plugin from 'fastify-plugin'
import { Type } from 'typebox'
import { problem } from '../problems.ts'
import type { TurnMetrics } from '../status/metrics.ts'
import type { TurnRequest } from '../turn/running-turn.ts'
import type { Turns } from '../turn/turns.ts'
import { sendEventStream } from './event-stream.ts'
import type { FairStart } from './fair-start.ts'
import { readHistory, readMessage } from './message.ts'
import { addressOf, unlessPaced } from './rate-limit.ts'
import { guardedRoutes, readAsker, type SignInRules } from './sign-in.ts'

export interface ChatRoutesOptions extends SignInRules {
  readonly turns: Turns
  readonly fairStart: Pick<FairStart, 'wait'>
  readonly approvals: Pick<Approvals, 'resume'>
  /** Whether Entra can send browsers back to the page after a consent. */
  readonly mayConsent: boolean
  readonly metrics: Pick<TurnMetrics, 'streams'>
}

const eventStreamType = 'text/event-stream'
const sharedSchema = {
  security: [{}, { userToken: [] }],
  response: {
    200: {
      description: 'The turn is over or waits for its user (JSON), or begins (event stream).',
      content: {
        'application/json': { schema: Type.Union([ChatResponse, PausedResponse]) },
        [eventStreamType]: { schema: Type.String() },
      },
    },
    default: { description: 'A failure.', content: { 'application/problem+json': { schema: Problem } } },
  },
}
const eventsDescription =
  'Responds with one JSON document, or – with Accept: text/event-stream – as server-sent events: ' +
  '`turn` first, then `step`, `delta` and `notice` as they come, and exactly one `result`, `pause` or `problem` last.'
const chatSchema = {
  ...sharedSchema,
  summary: 'Runs one chat turn',
  description: eventsDescription,
  body: ChatRequest,
}
const continueSchema = {
  ...sharedSchema,
  summary: 'Goes on with a turn that waits for its user',
  description: `${eventsDescription} The turn has the same id.`,
  body: ContinueRequest,
}

const addChatRoutes: FastifyPluginAsyncTypebox<ChatRoutesOptions> = async (app, options) => {
  const { approvals, mayConsent, fairStart } = options
  // One rate limit for both routes, since a continuation costs as much as a message.
  const limited = { onRequest: app.rateLimit(unlessPaced) }

  /** Reads what both routes read first: who asks, and in which form the answer is wanted. */
  async function readRequest(
    request: FastifyRequest,
    body: Omit<ChatRequest, 'message'>,
    reply: FastifyReply,
  ) {
    const accepted = request.accepts().type(['application/json', eventStreamType])
    if (accepted === false) {
      throw problem('NOT_ACCEPTABLE', `The response comes as application/json or ${eventStreamType}.`)
    }
    const found = await readAsker(options, request, reply, body)
    const { traceFor } = options
    const asker = {
      ...found,
      showsTrace: traceFor === 'everyone' || (traceFor === 'signed-in' && found.signedIn !== undefined),
      pausesForConsent: mayConsent && body.pauseFor?.includes('consent') === true,
      log: request.log,
    } satisfies Partial<TurnRequest>
    return { asker, inEvents: accepted === eventStreamType }
  }

  /** Waits for the turn of whoever asks; `false` if they went away meanwhile. */
  function mayStart(
    request: FastifyRequest,
    { signedIn, connection }: Awaited<ReturnType<typeof readAsker>>,
  ) {
    const { address, client } = addressOf(request)
    const user = signedIn && `${signedIn.claims['tid']} ${signedIn.objectId}`
    return fairStart.wait(address, user ?? client, connection.signal)
  }

  app.post(
    '/api/chat',
    { schema: chatSchema, bodyLimit: chatLimits.bodyBytes, ...limited },
    async (request, reply) => {
      const { body } = request
      const { asker, inEvents } = await readRequest(request, body, reply)
      const asked = { ...asker, ...readMessage(body), resumed: undefined }
      if (!(await mayStart(request, asker))) return reply.hijack()
      return sendAnswer(reply, options, options.turns.start(body.mode, asked), inEvents)
    },
  )

  app.post(
    '/api/chat/continue',
    { schema: continueSchema, bodyLimit: chatLimits.continueBodyBytes, ...limited },
    async (request, reply) => {
      const { body } = request
      const { asker, inEvents } = await readRequest(request, body, reply)
      const history = readHistory(body)
      const { agent, signedIn: user } = asker
      if (!(await mayStart(request, asker))) return reply.hijack()
      const resumed = await approvals.resume({ ...body, agent, user })
      const { message } = resumed.continuation
      try {
        const events = options.turns.start(body.mode, { ...asker, message, history, resumed })
        return await sendAnswer(reply, options, events, inEvents)
      } catch (error) {
        resumed.release()
        throw error
      }
    },
  )
}

/** `POST /api/chat` and `POST /api/chat/continue`. */
export const chatRoutes = plugin(addChatRoutes, guardedRoutes)

const isSidecarAway = ({ event, data }: TurnEvent): boolean =>
  event === 'problem' && data.code === 'SIDECAR_UNREACHABLE'

async function sendAnswer(
  reply: FastifyReply,
  { metrics }: Pick<ChatRoutesOptions, 'metrics'>,
  events: AsyncIterable<readonly TurnEvent[]>,
  inEvents: boolean,
) {
  const sent = closeConnectionAfter(isSidecarAway, reply, events)
  if (!inEvents) return collectResponse(reply, sent)
  metrics.streams.inc()
  try {
    return await sendEventStream(reply, sent)
  } finally {
    metrics.streams.dec()
  }
}

/** Reads a turn until it ends or waits, and gathers it into one response. A problem is sent with its own status and content type. */
async function collectResponse(reply: FastifyReply, turn: AsyncIterable<readonly TurnEvent[]>) {
  const steps = new Map<string, TraceStep>()
  for await (const events of turn) {
    for (const { event, data } of events) {
      if (event === 'step') putStep(steps, data)
      else if (event === 'result') return { ...data, trace: [...steps.values()] }
      else if (event === 'pause') return { ...data, status: 'paused' as const, trace: [...steps.values()] }
      else if (event === 'problem') {
        markSpanFailed(data.code)
        return reply.code(data.status).type('application/problem+json').send(data)
      }
    }
  }
  // The client is gone.
  return reply.hijack()
}
