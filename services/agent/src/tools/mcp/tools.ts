import { type StructuredToolInterface, tool } from '@langchain/core/tools'
import { toolContext } from '../tool-context.ts'
import type { McpCalls } from './calls.ts'
import type { ChosenTool } from './choose-tools.ts'

/** Chosen tools as the model gets them. They find their turn by `toolContext`. */
export function createMcpTools(
  calls: McpCalls,
  chosen: readonly ChosenTool[],
): readonly StructuredToolInterface[] {
  return chosen.map(one =>
    tool(
      (input, config) => calls.callTool(toolContext(config), one, input as Readonly<Record<string, unknown>>),
      {
        name: one.nameForModel,
        description: one.description,
        schema: one.schema,
        verboseParsingErrors: true,
      },
    ),
  )
}
