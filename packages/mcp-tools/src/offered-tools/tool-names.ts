const maxNameCharacters = 64

/**
 * The name by which the model knows a tool. Two tools of one name would be confused silently, and models accept fewer
 * characters than MCP does.
 */
export function nameForModel(server: string, tool: string): string {
  return `${server}__${tool}`.replaceAll(/[^A-Za-z0-9_-]/g, '_').slice(0, maxNameCharacters)
}
