/** What the model is told: `GET /api/instructions`. */
import { type Static, Type } from 'typebox'
import { FlowName } from './chat.ts'
import { NeededRight } from './schema.ts'

const strict = { additionalProperties: false } as const

export const InstructionsQuery = Type.Object(
  {
    agent: Type.Optional(Type.String({ description: 'Name of the agent; default: the default one.' })),
    flow: FlowName,
  },
  strict,
)

const ToolInstructions = Type.Object(
  {
    /** As the model calls it. */
    name: Type.String(),
    description: Type.String(),
    /** JSON Schema of its arguments. */
    inputSchema: Type.Unknown(),
    /** Name of the API that it calls. */
    api: Type.String(),
    /** `null` where only the API knows it. */
    needs: Type.Union([NeededRight, Type.Null()]),
    /** Whether the agent's token has that right; `null` where nobody can know before a call. */
    held: Type.Union([Type.Boolean(), Type.Null()]),
  },
  strict,
)

/** The same for everybody who may ask in this flow, but for the tools that an MCP server lists to a user alone. */
export const Instructions = Type.Object(
  { systemPrompt: Type.String(), tools: Type.Array(ToolInstructions) },
  strict,
)
export type Instructions = Static<typeof Instructions>
