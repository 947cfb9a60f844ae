/**
 * Names of OpenTelemetry's conventions for the Model Context Protocol, version 1.41, as those for generative AI.
 * https://github.com/open-telemetry/semantic-conventions/blob/v1.41.0/docs/gen-ai/mcp.md
 */
export const mcp = {
  method: 'mcp.method.name',
  protocolVersion: 'mcp.protocol.version',
} as const
