import { randomUUID } from 'node:crypto'
import { mayCall, type OfferedTool, type ToolContext, type Toolset, toolsetsOf } from '@entra-agents/approval'
import type { IdentityClient } from '@entra-agents/identity'
import { betweenTurns, neededRight } from '@entra-agents/identity/core'
import { Instructions, InstructionsQuery, type NeededRight, needsUser, Problem } from '@entra-agents/trace'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import plugin from 'fastify-plugin'
import { dateLine, systemPrompt } from '../bedrock/system-prompt.ts'
import type { Turn } from '../turn/turn.ts'
import { guardedRoutes, readAsker, type SignInRules } from './sign-in.ts'

export interface InstructionsRouteOptions extends SignInRules {
  readonly toolsets: readonly Toolset[]
  readonly identity: Pick<IdentityClient, 'for' | 'user'>
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

const addInstructionsRoute: FastifyPluginAsyncTypebox<InstructionsRouteOptions> = async (app, options) => {
  app.get('/api/instructions', { schema, config: { rateLimit: {} } }, async (request, reply) => {
    const asker = await readAsker(options, request, reply, request.query)
    const { agent, flow, signedIn, connection, requestId } = asker
    // An empty turn: tools are chosen for it as for any other turn.
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
    const toolsets = toolsetsOf(agent, options.toolsets)
    const context = options.identity.for(turn)
    const loaded = await Promise.all(toolsets.map(toolset => toolset.load(context)))
    const offered = loaded.flat().filter(tool => mayCall(turn, tool))
    return {
      systemPrompt: `${systemPrompt(agent, toolsets)}\n\n${dateLine(new Date())}`,
      tools: await Promise.all(offered.map(tool => describeTool(context, tool))),
    }
  })
}

/**
 * `GET /api/instructions`, for all who may call `POST /api/chat`: the system prompt and the tools that the model would get
 * in a turn of the query's agent and flow, and the right that each tool needs.
 */
export const instructionsRoute = plugin(addInstructionsRoute, guardedRoutes)

async function describeTool(
  context: ToolContext,
  { tool: { name, description, schema }, api, change }: OfferedTool,
) {
  const { turn } = context
  const needs = (api.permissions && neededRight(api, turn.flow)) ?? null
  const held = needs && (await isRightHeld(context, api, needs))
  const waits = change && needsUser(turn.flow) ? { waits: true } : {}
  return { name, description, inputSchema: schema, api: api.name, needs, held, ...waits }
}

/** Whether a token of the agent or its user account has the right; `null` if unknown: for users, only real calls get tokens. */
async function isRightHeld(
  context: ToolContext,
  api: OfferedTool['api'],
  { permission, kind }: NeededRight,
): Promise<boolean | null> {
  if (needsUser(context.turn.flow)) return null
  try {
    const { claims } = await context.token(api)
    const held = kind === 'role' ? claims['roles'] : String(claims['scp'] ?? '').split(' ')
    return Array.isArray(held) && held.includes(permission)
  } catch {
    return null
  }
}
