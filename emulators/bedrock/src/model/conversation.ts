import type { ConverseRequest, ToolResultBlock } from '../wire/converse-request.ts'

export interface ToolExchange {
  readonly name: string
  readonly result: ToolResultBlock
}

/** The parts of a conversation that the model uses. */
export interface Conversation {
  /** The user's last message. */
  readonly question: string
  /** The user's messages before that, the latest first. */
  readonly earlierQuestions: readonly string[]
  /** The tools' results since the last question. */
  readonly exchanges: readonly ToolExchange[]
}

/** Reads the messages of a validated request. */
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
