import type { ConverseRequest, ToolResultBlock } from '../wire/converse-request.ts'

export interface ToolExchange {
  readonly name: string
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

/** Reads the messages of a request that was checked. */
export function readConversation({ messages }: ConverseRequest): Conversation {
  const questions: string[] = []
  const names = new Map<string, string>()
  let exchanges: ToolExchange[] = []
  for (const { role, content } of messages) {
    for (const { toolUse, toolResult } of content) {
      if (toolUse) names.set(toolUse.toolUseId, toolUse.name)
      if (toolResult) exchanges.push({ name: names.get(toolResult.toolUseId) ?? '', result: toolResult })
    }
    const text = content.flatMap(block => block.text ?? []).join('\n')
    const isQuestion = role === 'user' && text !== '' && !content.some(block => block.toolResult)
    if (!isQuestion) continue
    questions.unshift(text)
    exchanges = []
  }
  const [question = '', ...earlierQuestions] = questions
  return { question, earlierQuestions, exchanges }
}
