import type { ActingAgent, IdentityError, IdentityErrorCode } from '@entra-agents/identity'
import { interrupt, isGraphBubbleUp, isGraphInterrupt } from '@langchain/langgraph'
import {
  type AgentMiddleware,
  createMiddleware,
  MiddlewareError,
  ToolInvocationError,
  ToolMessage,
} from 'langchain'
import { z } from 'zod'
import { actBelow, actingAgent, isActingAgent } from './acting-agent.ts'

/** How the middleware behaves. */
export interface AgentIdentityMiddlewareOptions {
  /**
   * What happens if a tool's call needs the user: a sign-in, a consent, or a stronger authentication. `tell` (default): the model is told, and
   * words it. `interrupt` (needs a checkpointer): the run pauses, and the interrupt's value is the error as problem document (RFC 9457). Once
   * the user has acted, resume it with any value and, in its context, an agent with the user's new token; the call is then made again.
   */
  readonly whenUserIsNeeded?: 'interrupt' | 'tell'
}

/** For whom the run was begun. It is kept with the thread. */
const stateSchema = z.object({ _actsFor: z.string().optional() })
const contextSchema = z.object({ agent: z.custom<ActingAgent>(isActingAgent) })

const userCodes: readonly IdentityErrorCode[] = [
  'SIGN_IN_REQUIRED',
  'CONSENT_REQUIRED',
  'CONDITIONAL_ACCESS_REQUIRED',
]

/**
 * LangChain middleware: each call of a tool is a step of the trace, with tokens and API calls below it, and the model is told errors of
 * identities with their remedy. Other errors are handled as without it. Put it first in `middleware`.
 *
 * The run's context is `{ agent }`, made by `identity.as` for each `invoke`. It is never written to a checkpoint.
 *
 * @throws {TypeError} from the run, if a thread goes on for another agent or user than it was begun for
 * @example `createAgent({ model, tools, middleware: [agentIdentityMiddleware()] })`
 */
export function agentIdentityMiddleware({
  whenUserIsNeeded = 'tell',
}: AgentIdentityMiddlewareOptions = {}): AgentMiddleware<typeof stateSchema, typeof contextSchema> {
  return createMiddleware({
    name: 'AgentIdentity',
    stateSchema,
    contextSchema,
    beforeAgent(state, runtime) {
      requireSame(state, actingAgent(runtime))
      return { _actsFor: nameOf(actingAgent(runtime)) }
    },
    wrapModelCall(request, handler) {
      requireSame(request.state, actingAgent(request.runtime))
      return handler(request)
    },
    async wrapToolCall(request, handler) {
      const { toolCall, state, runtime } = request
      const { id: callId = '', name, args } = toolCall
      const agent = actingAgent(runtime)
      // humanInTheLoopMiddleware lets a stranger approve. By an error the approved call would stay, and run at its owner's next message.
      if (!isSame(state, agent)) return answer(toolCall, 'Not called: another user has approved it.')
      const callTool = async () => handler(request)
      const call = whenUserIsNeeded === 'interrupt' ? () => pauseForUser(agent, callTool) : callTool
      const what = { title: `Tool ${name}`, tool: { name, arguments: args }, isPause: isGraphInterrupt }
      try {
        return await agent.step(what, step => actBelow({ agent, step, callId }, call))
      } catch (error) {
        if (isForLangChain(error) || runtime.signal?.aborted) throw error
        return answer(toolCall, wordsFor(error))
      }
    },
  })
}

/** Makes a call, and pauses the run as often as only the user can help. A run that is resumed begins here again. */
async function pauseForUser<Result>(agent: ActingAgent, call: () => Promise<Result>): Promise<Result> {
  for (;;) {
    try {
      return await call()
    } catch (error) {
      if (!isIdentityError(error) || !userCodes.includes(error.code) || error.blockedByPolicy) throw error
      interrupt(error.toProblem(agent.correlationId))
    }
  }
}

/** Pauses, arguments that do not fit, and errors of other middleware. */
function isForLangChain(error: unknown): boolean {
  return isGraphBubbleUp(error) || ToolInvocationError.isInstance(error) || MiddlewareError.isInstance(error)
}

/** What the model is told. At an error of a tool with middleware around it LangChain ends the run; without, it says this. */
function wordsFor(error: unknown): string {
  return isIdentityError(error)
    ? `${error.code}: ${error.message} ${error.fix}`
    : `${error}\n Please fix your mistakes.`
}

function answer({ id = '', name }: { readonly id?: string; readonly name: string }, content: string) {
  return new ToolMessage({ content, tool_call_id: id, name, status: 'error' })
}

type OwnedState = z.infer<typeof stateSchema>

function nameOf({ name, flow, onBehalfOf = '' }: ActingAgent): string {
  return [name, flow, onBehalfOf].join(' ')
}

function isSame({ _actsFor }: OwnedState, agent: ActingAgent): boolean {
  return _actsFor === undefined || _actsFor === nameOf(agent)
}

function requireSame(state: OwnedState, agent: ActingAgent): void {
  if (!isSame(state, agent)) throw new TypeError('This thread was begun for another agent or another user.')
}

/** Whether an error is one of identity, also of another copy of the package. */
function isIdentityError(error: unknown): error is IdentityError {
  return error instanceof Error && error.name === 'IdentityError'
}
