import type { HistoryEntry } from '@entra-bedrock-agent/identity-trace'
import {
  AIMessage,
  type BaseMessage,
  HumanMessage,
  type MessageContent,
  mapChatMessagesToStoredMessages,
  mapStoredMessagesToChatMessages,
  SystemMessage,
  ToolMessage,
} from '@langchain/core/messages'
import type { Turn } from '../turn/turn.ts'

/**
 * The conversation as Bedrock accepts it: it begins with the user, roles alternate, and no message is blank.
 * Bedrock would respond 400 to a blank message, such as an answer that the model refused to give.
 */
export function openConversation(
  turn: Pick<Turn, 'message' | 'history'>,
  systemPrompt: string,
  date: string,
): BaseMessage[] {
  const entries: HistoryEntry[] = []
  for (const entry of [...turn.history, { role: 'user' as const, text: turn.message }]) {
    const text = entry.text.trim()
    const last = entries.at(-1)
    if (text === '' || (last === undefined && entry.role === 'assistant')) continue
    if (last?.role === entry.role) entries[entries.length - 1] = { ...last, text: `${last.text}\n\n${text}` }
    else entries.push({ role: entry.role, text })
  }
  return [
    new SystemMessage({
      content: [
        { type: 'text', text: systemPrompt },
        { type: 'text', text: date },
      ],
    }),
    ...entries.map(({ role, text }) => (role === 'user' ? new HumanMessage(text) : new AIMessage(text))),
  ]
}

/** Messages as JSON, for a turn that waits. Images are left out: the page would have to send them back. */
export function storeMessages(messages: readonly BaseMessage[]) {
  const stored = messages.map(message =>
    message instanceof ToolMessage
      ? new ToolMessage({ ...message, content: withoutImages(message.content) })
      : message,
  )
  return mapChatMessagesToStoredMessages(stored)
}

/** Restores the messages that `storeMessages` stored. */
export function restoreMessages(stored: ReturnType<typeof storeMessages>): BaseMessage[] {
  return mapStoredMessagesToChatMessages(stored)
}

/** Content without its images, for JSON. */
export function withoutImages(content: MessageContent): MessageContent {
  if (typeof content === 'string') return content
  return content.map(block =>
    block.type === 'image' ? { type: 'text', text: '[image omitted: the turn waited for the user]' } : block,
  )
}
