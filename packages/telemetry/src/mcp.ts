/**
 * Names from version 1.41 of OpenTelemetry's conventions (as in `gen-ai.ts`), here those for the Model Context Protocol.
 * https://github.com/open-telemetry/semantic-conventions/blob/v1.41.0/docs/gen-ai/mcp.md
 */
export const mcpAttributes = {
  method: 'mcp.method.name',
  protocolVersion: 'mcp.protocol.version',
} as const
