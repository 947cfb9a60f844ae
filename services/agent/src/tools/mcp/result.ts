import { redactText } from '@entra-bedrock-agent/identity-trace'
import type { CallToolResult } from '@modelcontextprotocol/client'
import { cleanText } from './clean-text.ts'
import type { McpServer } from './config.ts'
import { mcpProblem } from './problems.ts'

/** A tool's result: data, whoever wrote it. */
export interface ToolResult {
  readonly text: string
  readonly isError: boolean
  /** The server's own word on the token, where it gives one. */
  readonly validated?: unknown
}

type Block = CallToolResult['content'][number]

/**
 * What the model reads of a result. Links are named, never followed; a server may echo the token that it got, so what
 * looks like one is taken out.
 *
 * @throws ProblemError MCP_RESULT_TOO_LARGE
 */
export function readResult(
  { api, limits }: McpServer,
  { content, structuredContent, isError, _meta }: CallToolResult,
): ToolResult {
  const text =
    content.length === 0 && structuredContent !== undefined
      ? JSON.stringify(structuredContent)
      : content.map(readBlock).join('\n')
  if (text.length > limits.maxResultCharacters) {
    throw mcpProblem(
      'MCP_RESULT_TOO_LARGE',
      `The result of the ${api.title} has more than ${limits.maxResultCharacters} characters.`,
      { upstream: { service: api.name } },
    )
  }
  const validated = _meta?.['validated']
  return {
    text: redactText(cleanText(text, limits.maxResultCharacters)),
    isError: isError === true,
    ...(validated === undefined ? {} : { validated }),
  }
}

function readBlock(block: Block): string {
  switch (block.type) {
    case 'text':
      return block.text
    case 'resource':
      return 'text' in block.resource ? block.resource.text : '[file omitted]'
    case 'resource_link':
      return `[link to ${block.name} omitted]`
    default:
      return `[${block.type} omitted]`
  }
}
