/** `GET /api/instructions`: the prompt and tools that the model gets. */
import { type Static, Type } from 'typebox'
import { FlowName } from './chat.ts'
import { NeededRight } from './problem.ts'
import { strictObject } from './strict-object.ts'

export const InstructionsQuery = strictObject({
  agent: Type.Optional(Type.String({ description: 'Name of the agent; default: the default one.' })),
  flow: FlowName,
})

const ToolInstructions = strictObject({
  /** The tool's name for the model. */
  name: Type.String(),
  description: Type.String(),
  /** JSON Schema of the tool's arguments. */
  inputSchema: Type.Unknown(),
  /** Name of the API that the tool calls. */
  api: Type.String(),
  /** The right that the tool needs; `null` if only the API knows which. */
  needs: Type.Union([NeededRight, Type.Null()]),
  /** Whether the agent's token has that right; `null` if unknown before a call. */
  held: Type.Union([Type.Boolean(), Type.Null()]),
  /** Whether the tool's calls wait for the user's approval. */
  waits: Type.Optional(Type.Boolean()),
})

/** What the model gets in one flow: the same for all users, except for tools that an MCP server lists to one user only. */
export const Instructions = strictObject({ systemPrompt: Type.String(), tools: Type.Array(ToolInstructions) })
export type Instructions = Static<typeof Instructions>
