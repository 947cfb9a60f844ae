import { redactText } from '@entra-bedrock-agent/identity-trace'
import { LinkedAbort, ProblemError } from '@entra-bedrock-agent/service-kit'
import { type Send, SendError } from '@entra-bedrock-agent/service-kit/send'
import { genAi, mcpAttributes } from '@entra-bedrock-agent/telemetry'
import { type Client, ProtocolError, SdkHttpError } from '@modelcontextprotocol/client'
import type { CallApi } from '../../downstream/api-caller.ts'
import type { ApiResponse } from '../../downstream/responses.ts'
import type { DownstreamApi } from '../../identity/downstream-api.ts'
import type { Caller } from '../../turn/turn.ts'
import type { ToolContext } from '../toolset.ts'
import type { ChosenTool, ListedTools } from './choose-tools.ts'
import { cleanText } from './clean-text.ts'
import type { McpServer } from './config.ts'
import { type CallProgress, type Exchange, RefusedExchange } from './connection.ts'
import { McpConnections } from './connections.ts'
import { mcpProblem } from './problems.ts'
import { describeParts, type ResultPart, readResult, type ToolResult } from './result.ts'
import { readToolPages } from './tool-pages.ts'

/** One request of the protocol. */
interface McpCall<Body> {
  readonly method: 'tools/list' | 'tools/call'
  /** The tool's. */
  readonly name?: string
  readonly parentId?: string | undefined
  readonly timeoutMs: number
  readonly maxBytes: number
  readonly make: (client: Client, options: { signal: AbortSignal; timeout: number }) => Promise<Body>
  /** What the trace shows of what it returns, where that is not all. */
  readonly show?: (body: Body) => unknown
}

const listTimeoutMs = 5_000
const maxListBytes = 4 * 1024 * 1024
const maxToldCharacters = 500

/** What the agent asks of one MCP server: calls of an API like any other. */
export class McpCalls {
  readonly #server: McpServer
  readonly #connections: McpConnections

  constructor(server: McpServer) {
    this.#server = server
    this.#connections = new McpConnections(server)
  }

  /** The allowed tools that the server lists for this caller. Throws the ProblemErrors of `callApi` and the MCP_* ones. */
  async listTools(caller: Caller, callApi: CallApi): Promise<ListedTools> {
    let listed: ListedTools = { tools: [], names: [] }
    await this.#call(caller, callApi, {
      method: 'tools/list',
      timeoutMs: Math.min(listTimeoutMs, this.#server.limits.timeoutMs),
      maxBytes: maxListBytes,
      make: async (client, options) => {
        listed = await readToolPages(client, this.#server.allowedTools, options)
        return { tools: listed.names }
      },
    })
    return listed
  }

  /** What the model reads of a tool's result. Throws the ProblemErrors of `callApi` and the MCP_* ones. */
  async callTool(
    { turn, callApi, parentId }: ToolContext,
    { definition }: ChosenTool,
    input: Readonly<Record<string, unknown>>,
  ): Promise<readonly ResultPart[]> {
    const { name } = definition
    const { timeoutMs, maxResultBytes, maxResultCharacters } = this.#server.limits
    const { parts } = await this.#call(turn, callApi, {
      method: 'tools/call',
      name,
      parentId,
      timeoutMs,
      maxBytes: maxResultBytes,
      make: async (client, options) => {
        const result = await client.callTool(
          { name, arguments: { ...input } },
          { ...options, toolDefinition: definition },
        )
        return readResult(result, maxResultCharacters)
      },
      show: ({ parts, ...result }) => ({ text: describeParts(parts), ...result }),
    })
    return parts
  }

  close(): Promise<void> {
    return this.#connections.close()
  }

  #call<Body extends object>(caller: Caller, callApi: CallApi, call: McpCall<Body>): Promise<Body> {
    const { api } = this.#server
    const { method, name, parentId, show } = call
    const progress: CallProgress = { mayHaveRun: false }
    const subject = name === undefined ? method : `${method} ${name}`
    return callApi(caller, api, {
      path: '',
      subject,
      parentId,
      isBody: (body): body is Body => !isFailedResult(body),
      explain: response => explainResponse(api, response, progress),
      show,
      post: {
        shown: { method, ...(name === undefined ? {} : { params: { name } }) },
        facts: {
          name: subject,
          attributes: { [mcpAttributes.method]: method, [genAi.toolName]: name },
        },
        send: (...wire) => this.#send(caller, call, progress, ...wire),
      },
    })
  }

  async #send<Body>(
    caller: Caller,
    { timeoutMs, maxBytes, make }: McpCall<Body>,
    progress: CallProgress,
    send: Send,
    headers: Readonly<Record<string, string>>,
    turnSignal: AbortSignal,
  ): Promise<ApiResponse> {
    const { api } = this.#server
    using limit = new LinkedAbort(turnSignal)
    const { signal } = limit
    const exchange: Exchange = { send, headers, signal, maxBytes, progress }
    limit.after(timeoutMs, () =>
      limit.abort(unreachable(api, `did not respond within ${timeoutMs / 1_000} seconds`, progress)),
    )
    try {
      return await this.#connections.call(caller, exchange, async client => ({
        status: 200,
        challenge: undefined,
        body: await make(client, { signal, timeout: 2 * timeoutMs }),
        attributes: { [mcpAttributes.protocolVersion]: client.getNegotiatedProtocolVersion() },
      }))
    } catch (error) {
      if (signal.aborted) throw signal.reason
      if (error instanceof RefusedExchange) return error.response
      throw explainError(api, error, exchange)
    }
  }
}

function isFailedResult(body: unknown): body is ToolResult {
  return (body as Partial<ToolResult>).isError === true
}

/** What a response means that brings no result; refusals of the token mean the same for every API. */
function explainResponse(
  api: DownstreamApi,
  { status, body }: ApiResponse,
  progress: CallProgress,
): ProblemError | undefined {
  if (status === 200) return toolFailed(api, describeParts((body as ToolResult).parts))
  if (status >= 500) return unreachable(api, `responded ${status}`, progress, { status })
  if (status >= 300 && status < 400) {
    return unreachable(api, `responded ${status}; redirects are not followed`, progress, { status })
  }
  return undefined
}

function explainError(api: DownstreamApi, error: unknown, { maxBytes, progress }: Exchange): ProblemError {
  if (error instanceof ProblemError) return error
  if (error instanceof SendError && error.kind === 'too-large') {
    const what = `The ${api.title} sent more than ${maxBytes} bytes.${describeProgress(progress)}`
    return mcpProblem('MCP_RESULT_TOO_LARGE', what, { upstream: { service: api.name } })
  }
  if (error instanceof ProtocolError) return toolFailed(api, error.message, String(error.code))
  if (error instanceof SdkHttpError && error.status !== undefined) {
    return unreachable(api, `responded ${error.status}`, progress, { status: error.status, cause: error })
  }
  const what = progress.mayHaveRun
    ? 'broke the call off, or sent no result that can be read'
    : 'cannot be reached, or does not speak the protocol'
  return unreachable(api, what, progress, { cause: error })
}

/** In the server's words, since the model may learn from them what to ask otherwise. */
function toolFailed(api: DownstreamApi, told: string, code?: string): ProblemError {
  const words = redactText(cleanText(told, maxToldCharacters))
  return mcpProblem('MCP_TOOL_FAILED', `The ${api.title} says: ${words || 'nothing'}`, {
    upstream: { service: api.name, ...(code === undefined ? {} : { code }) },
  })
}

function unreachable(
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

/** Whoever reads that a call failed must not take it for one that did nothing. */
function describeProgress({ mayHaveRun }: CallProgress): string {
  return mayHaveRun ? ' The tool may have run all the same.' : ''
}
