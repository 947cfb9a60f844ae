import type { JsonSchema7ObjectType } from '@langchain/core/utils/json_schema'
import type { Tool } from '@modelcontextprotocol/client'
import { cleanText } from './clean-text.ts'
import type { McpServer } from './config.ts'
import { readInputSchema, UnfitTool } from './input-schema.ts'
import { hashTool } from './tool-hash.ts'
import { nameForModel } from './tool-names.ts'

/** A tool that the model may be offered. */
export interface ChosenTool {
  readonly nameForModel: string
  readonly description: string
  readonly schema: JsonSchema7ObjectType
  /** What the call needs of the server's definition. Without output schema: the server would check its own result. */
  readonly definition: Tool
  readonly hash: string
}

/** A tool that is not what was pinned. */
export interface ChangedTool {
  readonly tool: string
  readonly pinned: string
  readonly hash: string
}

/** What the agent makes of a server's list: what nobody allowed is not even looked at. */
export interface ChosenTools {
  readonly tools: readonly ChosenTool[]
  readonly changed: readonly ChangedTool[]
  /** Allowed tools that are not offered for another reason, each with it. */
  readonly refused: readonly { readonly tool: string; readonly reason: string }[]
}

const maxDescription = 1_024

/** Chooses from a server's list what the configuration allows and what is fit for a model. */
export function chooseTools({ api, allowedTools, pins }: McpServer, listed: readonly Tool[]): ChosenTools {
  const tools: ChosenTool[] = []
  const changed: ChangedTool[] = []
  const refused: { tool: string; reason: string }[] = []
  for (const name of allowedTools) {
    const found = listed.filter(tool => tool.name === name)
    const [listedTool] = found
    if (listedTool === undefined || found.length > 1) {
      refused.push({
        tool: name,
        reason: listedTool ? 'the server lists it more than once' : 'the server does not list it',
      })
      continue
    }
    const hash = hashTool(listedTool)
    const pinned = pins[name]
    if (pinned !== undefined && pinned !== hash) {
      changed.push({ tool: name, pinned, hash })
      continue
    }
    try {
      tools.push(readTool(api.name, listedTool, hash))
    } catch (error) {
      if (!(error instanceof UnfitTool)) throw error
      refused.push({ tool: name, reason: error.message })
    }
  }
  return { tools, changed, refused }
}

function readTool(server: string, listed: Tool, hash: string): ChosenTool {
  const { outputSchema: _outputSchema, ...definition } = listed
  return {
    nameForModel: nameForModel(server, listed.name),
    description: cleanText(listed.description ?? listed.title ?? listed.name, maxDescription),
    schema: readInputSchema(listed.inputSchema),
    definition,
    hash,
  }
}
