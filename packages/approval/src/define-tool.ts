import { type StructuredToolInterface, tool } from '@langchain/core/tools'
import type { JsonSchema7ObjectType } from '@langchain/core/utils/json_schema'
import type { Static, TObject } from 'typebox'
import { toolContext } from './tool-context.ts'
import type { ToolContext } from './toolset.ts'

export interface ToolDefinition<Schema extends TObject> {
  readonly name: string
  /** Tells the model what the tool does. */
  readonly description: string
  /** What the model may pass; checked before `run`. */
  readonly schema: Schema
  /** The result goes to the model as JSON. */
  readonly run: (input: Static<Schema>, context: ToolContext) => Promise<unknown>
}

/** A LangChain tool whose input is described by a TypeBox schema. */
export function defineTool<Schema extends TObject>(
  definition: ToolDefinition<Schema>,
): StructuredToolInterface {
  const { name, description, schema, run } = definition
  return tool(
    async (input, config) => JSON.stringify(await run(input as Static<Schema>, toolContext(config))),
    {
      name,
      description,
      schema: { ...schema, additionalProperties: false } as JsonSchema7ObjectType,
      verboseParsingErrors: true,
    },
  )
}
