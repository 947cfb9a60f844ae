import type { Change } from '@entra-agents/approval'
import { redactText } from '@entra-agents/trace'
import type { JsonSchema7ObjectType } from '@langchain/core/utils/json_schema'
import type { Tool } from '@modelcontextprotocol/client'
import type { McpServer } from '../config.ts'
import { describeChange } from './changes.ts'
import { cleanText } from './clean-text.ts'
import { hasValidHeaderArguments, headerArguments } from './header-arguments.ts'
import { readInputSchema, UnfitTool } from './input-schema.ts'
import { describePurpose, hashTool } from './tool-hash.ts'
import { nameForModel } from './tool-names.ts'

/** What the agent has read of a server's list of tools. */
export interface ListedTools {
  /** The listed tools that the configuration allows. */
  readonly tools: readonly Tool[]
  /** The names of the first tools in the list, allowed or not; the trace shows them. */
  readonly names: readonly string[]
  /** How many pages of the list were read; set only if they lack allowed tools and the list goes on. */
  readonly cutAfterPages?: number | undefined
}

/** A tool that the model may be offered. */
export interface ChosenTool {
  readonly nameForModel: string
  readonly description: string
  readonly schema: JsonSchema7ObjectType
  /**
   * What a call needs of the server's definition: of the input schema, the arguments that are repeated in headers. Without an
   * output schema, since a check would only compare the server's result with what the server itself says about results.
   */
  readonly definition: Tool
  readonly hash: string
  /** Why calls wait for the user; missing if the configuration calls the tool read-only and the server does not contradict. */
  readonly change?: Change | undefined
}

/** An allowed tool that is not offered. */
export interface MissingTool {
  readonly tool: string
  readonly reason: string
  /** Set if the tool is not the one that was pinned. */
  readonly hashes?: { readonly pinned: string; readonly hash: string }
}

/** Of the allowed tools, those that the agent can offer and those that are missing. The server's other tools are left out. */
export interface ChosenTools {
  readonly tools: readonly ChosenTool[]
  readonly missing: readonly MissingTool[]
}

const maxDescriptionCharacters = 1_024

/** Chooses from a server's list the tools that the configuration allows and a model can use. */
export function chooseTools(server: McpServer, listed: readonly Tool[], cutAfterPages?: number): ChosenTools {
  const { allowedTools, pins } = server
  const tools: ChosenTool[] = []
  const missing: MissingTool[] = []
  for (const tool of allowedTools) {
    const [found, another] = listed.filter(({ name }) => name === tool)
    if (found === undefined || another) {
      const reason = found ? 'the server lists it more than once' : unlistedReason(cutAfterPages)
      missing.push({ tool, reason })
      continue
    }
    const hash = hashTool(found)
    const pinned = pins[tool]
    if (pinned !== undefined && pinned !== hash) {
      missing.push({ tool, reason: 'it is not what was pinned', hashes: { pinned, hash } })
      continue
    }
    try {
      tools.push(readTool(server, found, hash))
    } catch (error) {
      if (!(error instanceof UnfitTool)) throw error
      missing.push({ tool, reason: error.message })
    }
  }
  return { tools, missing }
}

function unlistedReason(cutAfterPages: number | undefined): string {
  return cutAfterPages === undefined
    ? 'the server does not list it'
    : `the server does not list it on the first ${cutAfterPages} pages, and no more are read`
}

function readTool(server: McpServer, listed: Tool, hash: string): ChosenTool {
  if (listed.execution?.taskSupport === 'required') {
    throw new UnfitTool('it runs only as a task, which the agent does not support')
  }
  const schema = readInputSchema(listed.inputSchema)
  if (!hasValidHeaderArguments(listed.inputSchema)) {
    throw new UnfitTool('it wants arguments in headers in a way that the protocol does not permit')
  }
  return {
    nameForModel: nameForModel(server.api.name, listed.name),
    description: redactText(cleanText(describePurpose(listed), maxDescriptionCharacters)),
    schema,
    definition: {
      name: listed.name,
      inputSchema: { type: 'object', properties: headerArguments(listed.inputSchema) } as Tool['inputSchema'],
    },
    hash,
    change: describeChange(server, listed),
  }
}
