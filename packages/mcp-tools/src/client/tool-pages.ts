import type { Client, Tool } from '@modelcontextprotocol/client'
import type { ListedTools } from '../offered-tools/offered-tools.ts'

/** Servers choose the size of their pages, and some lists never end. */
const maxPages = 50
const maxKeptNames = 200

/** Reads a server's list page by page until all wanted tools are found. Of other tools it keeps only the names. */
export async function readToolPages(
  client: Client,
  wanted: readonly string[],
  options: { readonly signal: AbortSignal; readonly timeout: number },
): Promise<ListedTools> {
  const tools: Tool[] = []
  const names: string[] = []
  if (client.getServerCapabilities()?.tools === undefined) return { tools, names }
  const missing = new Set(wanted)
  let cursor: string | undefined
  for (let page = 1; page <= maxPages; page += 1) {
    const params = cursor === undefined ? {} : { cursor }
    const result = await client.request({ method: 'tools/list', params }, options)
    for (const tool of result.tools) {
      if (names.length < maxKeptNames) names.push(tool.name)
      if (wanted.includes(tool.name)) tools.push(tool)
      missing.delete(tool.name)
    }
    cursor = result.nextCursor
    if (cursor === undefined || missing.size === 0) return { tools, names }
  }
  return { tools, names, cutAfterPages: maxPages }
}
