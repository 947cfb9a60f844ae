import { mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { flowNames } from '@entra-agents/trace'

/** The path of a file of the demo, in a folder that is made if it does not exist. */
function fileOfDemo(name: string): string {
  const folder = resolve(import.meta.dirname, '../../node_modules/.cache/demo')
  mkdirSync(folder, { recursive: true })
  return resolve(folder, name)
}

/** The file in which the demo's weather API keeps alerts; each port has its own. */
export function alertsFile(weatherPort: number): string {
  return fileOfDemo(`alerts-${weatherPort}.sqlite`)
}

/**
 * Writes the configuration of the demo's MCP server, which is the weather API's `/mcp`, and returns the file's path. The
 * server shares the weather API's registration and therefore the sidecar's entries.
 */
export function writeMcpConfig(weatherUrl: string, appId: string): string {
  const tools = ['get_weather', 'get_forecast']
  const server = {
    url: `${weatherUrl}/mcp`,
    downstreamApi: 'weather',
    appId,
    allowedTools: tools,
    readOnlyTools: tools,
    keepsIdempotencyKeys: true,
    flows: flowNames,
  }
  const file = fileOfDemo(`mcp-${new URL(weatherUrl).port}.json`)
  // In one step, since another demo may be reading the file.
  const written = `${file}.${process.pid}`
  writeFileSync(written, `${JSON.stringify({ mcpServers: { 'weather-tools': server } }, null, 2)}\n`)
  renameSync(written, file)
  return file
}
