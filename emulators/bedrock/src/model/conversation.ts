import type { ConverseRequest, ToolResultBlock } from '../wire/converse-request.ts'

export interface ToolExchange {
  readonly name: string
  readonly input: unknown
  readonly result: ToolResultBlock
}

/** A conversation as the model looks at it. */
export interface Conversation {
  /** What the user asked last. */
  readonly question: string
  /** What the user said before, latest first. */
  readonly earlierQuestions: readonly string[]
  /** What tools returned since the last question. */
  readonly exchanges: readonly ToolExchange[]
}

/** Beyond these nothing is remembered. */
const mostQuestions = 20

/** Reads the messages of a request that was checked. */
export function readConversation({ messages }: ConverseRequest): Conversation {
  const questions: string[] = []
  let exchanges: ToolExchange[] = []
  const calls = new Map<string, { name: string; input: unknown }>()
  for (const { role, content } of messages) {
    for (const { toolUse, toolResult } of content) {
      if (toolUse) calls.set(toolUse.toolUseId, toolUse)
      if (!toolResult) continue
      const { name, input } = calls.get(toolResult.toolUseId) ?? { name: '', input: {} }
      exchanges.push({ name, input, result: toolResult })
    }
    const text = content.flatMap(block => block.text ?? []).join('\n')
    const isQuestion = role === 'user' && text !== '' && !content.some(block => block.toolResult)
    if (!isQuestion) continue
    questions.unshift(text)
    exchanges = []
  }
  const [question = '', ...earlierQuestions] = questions.slice(0, mostQuestions)
  return { question, earlierQuestions, exchanges }
}
