import { type StructuredToolInterface, tool } from '@langchain/core/tools'
import { toolContext } from '../tool-context.ts'
import type { McpClient } from './client/client.ts'
import type { ChosenTool } from './offered-tools/offered-tools.ts'
import type { ServerHealth } from './server-health.ts'

/** Chosen tools as the model gets them. They find their turn by `toolContext`. */
export function createMcpTools(
  client: McpClient,
  chosen: readonly ChosenTool[],
  health: ServerHealth,
): readonly StructuredToolInterface[] {
  return chosen.map(one =>
    tool(
      (input, config) => {
        const context = toolContext(config)
        const call = () => client.callTool(context, one, input as Readonly<Record<string, unknown>>)
        return health.watch(context.turn, one, call)
      },
      {
        name: one.nameForModel,
        description: one.description,
        schema: one.schema,
        verboseParsingErrors: true,
      },
    ),
  )
}
