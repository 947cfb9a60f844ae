import type { CallProgress, DownstreamApi } from '@entra-agents/identity/core'
import { isProblem, type ProblemError, proxyProblem } from '@entra-agents/service-kit'
import { isSendError } from '@entra-agents/service-kit/send'
import { redactText } from '@entra-agents/trace'
import { ProtocolError, SdkHttpError } from '@modelcontextprotocol/client'
import { cleanText } from '../offered-tools/clean-text.ts'
import { mcpProblem } from '../problems.ts'
import type { Exchange } from './connection.ts'

const maxFailureCharacters = 500

/** The problem for a 5xx or a redirect; `undefined` for all other statuses, which `explainApiResponse` explains. */
export function explainServerFault(
  api: DownstreamApi,
  status: number,
  progress: CallProgress,
): ProblemError | undefined {
  if (status >= 500) return unreachableProblem(api, `responded ${status}`, progress, { status })
  if (status >= 300 && status < 400) {
    return unreachableProblem(api, `responded ${status}; redirects are not followed`, progress, { status })
  }
  return undefined
}

/** The problem behind an error that a call threw. */
export function explainCallError(
  api: DownstreamApi,
  error: unknown,
  { maxBytes, progress }: Exchange,
): ProblemError {
  if (isProblem(error)) return error
  const refused = proxyProblem(error, api.url)
  if (refused) return refused
  if (isSendError(error) && error.kind === 'too-large') {
    const what = `The ${api.title} sent more than ${maxBytes} bytes.${describeProgress(progress)}`
    return mcpProblem('MCP_RESULT_TOO_LARGE', what, { upstream: { service: api.name } })
  }
  if (error instanceof ProtocolError) return toolFailedProblem(api, error.message, String(error.code))
  if (error instanceof SdkHttpError && error.status !== undefined) {
    return unreachableProblem(api, `responded ${error.status}`, progress, {
      status: error.status,
      cause: error,
    })
  }
  const what = progress.mayHaveRun
    ? 'broke the call off, or sent no result that can be read'
    : 'cannot be reached, or does not speak the protocol'
  return unreachableProblem(api, what, progress, { cause: error })
}

export function timeoutProblem(api: DownstreamApi, timeoutMs: number, progress: CallProgress): ProblemError {
  return unreachableProblem(api, `did not respond within ${timeoutMs / 1_000} seconds`, progress)
}

/** The failure in the server's words, from which the model may learn how to call the tool differently. */
export function toolFailedProblem(api: DownstreamApi, told: string, code?: string): ProblemError {
  const words = redactText(cleanText(told, maxFailureCharacters))
  return mcpProblem('MCP_TOOL_FAILED', `The ${api.title} says: ${words || 'nothing'}`, {
    upstream: { service: api.name, ...(code === undefined ? {} : { code }) },
  })
}

function unreachableProblem(
  api: DownstreamApi,
  what: string,
  progress: CallProgress,
  { status, cause }: { status?: number; cause?: unknown } = {},
): ProblemError {
  return mcpProblem('MCP_SERVER_UNREACHABLE', `The ${api.title} ${what}.${describeProgress(progress)}`, {
    upstream: { service: api.name, ...(status === undefined ? {} : { status }) },
    cause,
  })
}

/** A warning that the tool may have run although the call failed; empty if it cannot have run. */
function describeProgress({ mayHaveRun }: CallProgress): string {
  return mayHaveRun ? ' The tool may have run all the same.' : ''
}
