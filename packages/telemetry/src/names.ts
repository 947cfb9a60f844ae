/**
 * Names of OpenTelemetry's conventions for generative AI, version 1.41.
 * https://github.com/open-telemetry/semantic-conventions/tree/v1.41.0/docs/gen-ai
 */
export const genAi = {
  operation: 'gen_ai.operation.name',
  provider: 'gen_ai.provider.name',
  agentId: 'gen_ai.agent.id',
  agentName: 'gen_ai.agent.name',
  requestModel: 'gen_ai.request.model',
  requestMaxTokens: 'gen_ai.request.max_tokens',
  requestTemperature: 'gen_ai.request.temperature',
  requestStream: 'gen_ai.request.stream',
  /** The value of this attribute is in seconds. */
  timeToFirstChunk: 'gen_ai.response.time_to_first_chunk',
  finishReasons: 'gen_ai.response.finish_reasons',
  /** Includes tokens read from and written to the prompt cache. */
  inputTokens: 'gen_ai.usage.input_tokens',
  cacheReadInputTokens: 'gen_ai.usage.cache_read.input_tokens',
  cacheWriteInputTokens: 'gen_ai.usage.cache_creation.input_tokens',
  outputTokens: 'gen_ai.usage.output_tokens',
  toolName: 'gen_ai.tool.name',
  toolType: 'gen_ai.tool.type',
} as const

/**
 * Names from version 1.41 of OpenTelemetry's conventions (as above), here those for the Model Context Protocol.
 * https://github.com/open-telemetry/semantic-conventions/blob/v1.41.0/docs/gen-ai/mcp.md
 */
export const mcpAttributes = {
  method: 'mcp.method.name',
  protocolVersion: 'mcp.protocol.version',
} as const

/** Names from OpenTelemetry's stable conventions. https://opentelemetry.io/docs/specs/semconv/http/http-spans/ */
export const httpAttributes = {
  method: 'http.request.method',
  route: 'http.route',
  status: 'http.response.status_code',
  serverAddress: 'server.address',
  serverPort: 'server.port',
  errorType: 'error.type',
} as const

/** Ids by which the request of a span is found in the logs of Entra and AWS. None of the ids is a secret. */
export const logIdAttributes = {
  /** The trace id as a GUID. */
  correlationId: 'app.entra.correlation_id',
  /** The claim `uti` of a token. */
  tokenId: 'app.entra.token_id',
  /** The `Trace ID` in Entra's text of a refusal. */
  entraRequestId: 'app.entra.request_id',
  awsRequestId: 'aws.request_id',
} as const

/** Names that this project defines itself. */
export const appAttributes = {
  mode: 'app.mode',
  flow: 'app.flow',
  api: 'app.api.name',
  /** Client id of the agent identity. */
  agentClientId: 'app.entra.agent.client_id',
  /** The upstream's code of the failure, such as an AADSTS code. */
  upstreamCode: 'app.upstream.code',
  /** Whether the client closed the connection. */
  aborted: 'app.aborted',
} as const

/** The attributes that spans may be exported with: no text that users wrote, no token, no user. */
export const allowedAttributes: ReadonlySet<string> = new Set(
  [genAi, mcpAttributes, httpAttributes, logIdAttributes, appAttributes].flatMap(names =>
    Object.values(names),
  ),
)
