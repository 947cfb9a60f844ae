import { genAi } from './gen-ai.ts'
import { mcpAttributes } from './mcp.ts'

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
