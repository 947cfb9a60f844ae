import { strictObject } from '@entra-agents/emulator-kit'
import { type Static, Type } from 'typebox'
import { validationError } from '../wire/bedrock-error.ts'
import type { ConverseRequest } from '../wire/converse-request.ts'
import { type Reply, toolUse } from './reply.ts'

const Part = Type.Union([
  Type.String({ minLength: 1 }),
  strictObject({ tool: Type.String({ minLength: 1 }), input: Type.Optional(Type.Object({})) }),
])

/** What the model says and calls, step by step: a text, a call of a tool, or a list of these in one message. */
export const Script = Type.Array(Type.Union([Part, Type.Array(Part, { minItems: 1 })]), {
  description: 'What the model says and calls, step by step, in place of its rules.',
})
export type Script = Static<typeof Script>

/**
 * The step of a script that is next in a conversation: the one after as many steps as the assistant has messages in it. So
 * several conversations can follow the script at the same time.
 *
 * @throws {BedrockError} if there is no such step, or it calls a tool that the request lacks
 */
export function followScript(script: Script, { messages, toolConfig }: ConverseRequest): Reply {
  const at = messages.slice(0, -1).filter(({ role }) => role === 'assistant').length
  const step = script[at]
  if (step === undefined)
    throw validationError(
      `The script of the emulator has ${script.length} steps; this call is for step ${at + 1}.`,
    )
  const tools = toolConfig?.tools.flatMap(({ toolSpec }) => toolSpec?.name ?? []) ?? []
  const blocks = [step].flat().map(part => {
    if (typeof part === 'string') return { type: 'text', text: part } as const
    if (tools.includes(part.tool)) return toolUse(part.tool, part.input ?? {})
    throw validationError(
      `Step ${at + 1} of the emulator’s script calls the tool ${part.tool}; the request has ${tools.join(', ') || 'no tools'}.`,
    )
  })
  return { blocks, stopReason: blocks.some(({ type }) => type === 'toolUse') ? 'tool_use' : 'end_turn' }
}
