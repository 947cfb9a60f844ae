import {
  type ApiContext,
  type ApiResponse,
  type CallProgress,
  explainApiResponse,
  type Reply,
} from '@entra-agents/identity/core'
import { LinkedAbort } from '@entra-agents/service-kit'
import { genAi, mcpAttributes } from '@entra-agents/telemetry'
import type { Client } from '@modelcontextprotocol/client'
import type { McpServer } from '../config.ts'
import type { ChosenTool, ListedTools } from '../offered-tools/offered-tools.ts'
import { CallerConnections } from './caller-connections.ts'
import { type Exchange, RefusedExchange } from './connection.ts'
import { explainCallError, explainServerFault, timeoutProblem, toolFailedProblem } from './failures.ts'
import { describeParts, type ResultPart, readResult, type ToolResult } from './result.ts'
import { readToolPages } from './tool-pages.ts'

/** One request of the protocol. */
interface McpRequest<Result> {
  readonly method: 'tools/list' | 'tools/call'
  /** Name of the tool that is called; absent when tools are listed. */
  readonly name?: string
  readonly timeoutMs: number
  readonly maxBytes: number
  /** Notes how far the call of a tool that changes something has come. */
  readonly progress?: CallProgress | undefined
  readonly make: (client: Client, options: { signal: AbortSignal; timeout: number }) => Promise<Result>
  /** What the trace shows of the result. Default: all of it. */
  readonly show?: (result: Result) => unknown
}

/**
 * The member of `_meta` in which this project's own tools find a call's idempotency key. Other servers must ignore it.
 */
const idempotencyKeyMember = 'entra-bedrock-agent/idempotency-key'

const listTimeoutMs = 5_000
const maxListBytes = 4 * 1024 * 1024

/** The agent's requests to one MCP server, over a connection for each caller. */
export class McpClient {
  readonly #server: McpServer
  readonly #connections: CallerConnections

  constructor(server: McpServer) {
    this.#server = server
    this.#connections = new CallerConnections(server)
  }

  /** The allowed tools that the server lists for this caller. Throws the ProblemErrors of `ApiContext.authorised` and the MCP_* ones. */
  async listTools(context: ApiContext): Promise<ListedTools> {
    let listed: ListedTools = { tools: [], names: [] }
    await this.#request(context, {
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

  /**
   * Calls a tool and returns what the model reads of its result. A call that changes something needs the context's permit and
   * carries the permit's key. Throws the ProblemErrors of `ApiContext.authorised` and the MCP_* ones.
   */
  async callTool(
    context: ApiContext,
    { definition, change }: ChosenTool,
    input: Readonly<Record<string, unknown>>,
  ): Promise<readonly ResultPart[]> {
    const { name } = definition
    const { timeoutMs, maxResultBytes, maxResultCharacters } = this.#server.limits
    const permit = change && context.permit
    const meta = permit ? { _meta: { [idempotencyKeyMember]: permit.idempotencyKey } } : {}
    const { parts } = await this.#request<ToolResult>(context, {
      method: 'tools/call',
      name,
      timeoutMs,
      maxBytes: maxResultBytes,
      progress: permit,
      make: async (client, options) => {
        const result = await client.callTool(
          { name, arguments: { ...input }, ...meta },
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

  #request<Result extends object>(context: ApiContext, request: McpRequest<Result>): Promise<Result> {
    const { api } = this.#server
    const { method, name, timeoutMs, maxBytes, make, show, progress = { mayHaveRun: false } } = request
    const subject = name === undefined ? method : `${method} ${name}`
    return context.authorised<(Reply & { readonly body: Result }) | ApiResponse, Result>(api, {
      subject,
      // The request may change something.
      mayRepeat: false,
      shown: {
        method: 'POST',
        path: '',
        body: { method, ...(name === undefined ? {} : { params: { name } }) },
      },
      facts: { name: subject, attributes: { [mcpAttributes.method]: method, [genAi.toolName]: name } },
      // Returns the result, or the response by which the server refused the request.
      send: async (headers, turnSignal, send) => {
        using limit = new LinkedAbort(turnSignal)
        const { signal } = limit
        const exchange: Exchange = { send, headers, signal, maxBytes, progress }
        limit.after(timeoutMs, () => limit.abort(timeoutProblem(api, timeoutMs, progress)))
        try {
          return await this.#connections.call(context.turn, exchange, async client => ({
            // A result comes with status 200 only.
            status: 200,
            body: await make(client, { signal, timeout: 2 * timeoutMs }),
            attributes: { [mcpAttributes.protocolVersion]: client.getNegotiatedProtocolVersion() },
          }))
        } catch (error) {
          if (signal.aborted) throw signal.reason
          if (error instanceof RefusedExchange) return error.response
          throw explainCallError(api, error, exchange)
        }
      },
      read: came => {
        if (isHttpResponse(came)) {
          const { flow } = context.turn
          throw explainServerFault(api, came.status, progress) ?? explainApiResponse(api, flow, came)
        }
        const { body } = came
        if (isFailedResult(body)) throw toolFailedProblem(api, describeParts(body.parts))
        return { result: body, shown: show ? show(body) : body }
      },
    })
  }
}

function isHttpResponse(came: Reply): came is ApiResponse {
  return 'challenge' in came
}

function isFailedResult(body: object): body is ToolResult {
  return (body as Partial<ToolResult>).isError === true
}
