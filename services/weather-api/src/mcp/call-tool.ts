import { commonProblem, logProblem, markSpanFailed, toProblem } from '@entra-agents/service-kit'
import { genAi } from '@entra-agents/telemetry'
import { describeAccess } from '@entra-agents/tokens'
import type { CallToolResult } from '@modelcontextprotocol/server'
import { trace } from '@opentelemetry/api'
import type { FastifyRequest } from 'fastify'

/**
 * Runs `call` and makes the tool's result. `validated` is put into `_meta`, which models do not get. If the call fails, models
 * get only the problem's title and hint.
 */
export async function callTool(
  { id, log, access }: FastifyRequest,
  tool: string,
  signal: AbortSignal,
  call: () => object | Promise<object>,
): Promise<CallToolResult> {
  const validated = describeAccess(access)
  trace.getActiveSpan()?.setAttribute(genAi.toolName, tool)
  try {
    const structuredContent = { ...(await call()) }
    log.info({ tool }, 'The tool was called.')
    return { content: [textItem(JSON.stringify(structuredContent))], structuredContent, _meta: { validated } }
  } catch (error) {
    const problem = signal.aborted
      ? commonProblem('REQUEST_ABORTED', 'The client cancelled the call.')
      : toProblem(error)
    logProblem(log.child({ tool }), problem)
    markSpanFailed(problem.code)
    const { detail: _detail, upstream: _upstream, ...told } = problem.toDocument(id)
    return {
      isError: true,
      content: [textItem(`${told.title} ${told.hint}`)],
      _meta: { validated, problem: told },
    }
  }
}

function textItem(text: string) {
  return { type: 'text' as const, text }
}
