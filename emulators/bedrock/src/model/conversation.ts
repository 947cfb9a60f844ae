import type { ConverseRequest, Message, ToolResultBlock } from '../wire/converse-request.ts'

export interface ToolExchange {
  readonly name: string
  readonly result: ToolResultBlock
}

const textOf = ({ content }: Message) => content.flatMap(({ text }) => text ?? []).join('\n')
const isQuestion = (message: Message) =>
  message.role === 'user' && textOf(message) !== '' && !message.content.some(({ toolResult }) => toolResult)

/** The user's messages in a validated request, the tools' results since the last of them, and the date that the prompt names. */
export function readConversation({ messages, system = [] }: ConverseRequest) {
  const calls = messages.flatMap(({ content }) => content.flatMap(({ toolUse }) => toolUse ?? []))
  const nameOf = (id: string) => calls.findLast(({ toolUseId }) => toolUseId === id)?.name ?? ''
  const latest = messages.slice(messages.findLastIndex(isQuestion) + 1).flatMap(({ content }) => content)
  const results = latest.flatMap(({ toolResult }) => toolResult ?? [])
  const exchanges = results.map((result): ToolExchange => ({ name: nameOf(result.toolUseId), result }))
  const date = /\bToday is (\d{4}-\d{2}-\d{2})/.exec(system.map(({ text = '' }) => text).join('\n'))?.[1]
  const today = date ?? new Date().toISOString().slice(0, 10)
  return { questions: messages.filter(isQuestion).map(textOf), exchanges, today }
}
