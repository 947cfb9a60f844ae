/**
 * Names of OpenTelemetry's conventions for the Model Context Protocol, as of 1.41 like those for generative AI.
 * https://github.com/open-telemetry/semantic-conventions/blob/v1.41.0/docs/gen-ai/mcp.md
 */
export const mcp = {
  method: 'mcp.method.name',
  protocolVersion: 'mcp.protocol.version',
} as const
