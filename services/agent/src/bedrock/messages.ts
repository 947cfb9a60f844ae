import type { HistoryEntry } from '@entra-agents/trace'
import {
  AIMessage,
  type BaseMessage,
  HumanMessage,
  type MessageContent,
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

/** A message of a turn that waits. It has each text once, where LangChain's own form has it three times. */
type StoredMessage =
  | ({ readonly type: 'ai' } & Required<Pick<AIMessage, 'content' | 'tool_calls'>>)
  | ({ readonly type: 'tool' } & Required<Pick<ToolMessage, 'content' | 'tool_call_id' | 'status'>>)

/** Messages of model and tools as JSON, for a turn that waits. */
export function storeMessages(messages: readonly BaseMessage[], characters: number): StoredMessage[] {
  return messages.map(message => {
    if (AIMessage.isInstance(message)) {
      const { content, tool_calls = [] } = message
      return { type: 'ai', content, tool_calls }
    }
    const { content, tool_call_id, status = 'success' } = message as ToolMessage
    return { type: 'tool', content: storeResult(content, characters), tool_call_id, status }
  })
}

/** Restores the messages that `storeMessages` stored. */
export function restoreMessages(stored: readonly StoredMessage[]): BaseMessage[] {
  return stored.map(message => (message.type === 'ai' ? new AIMessage(message) : new ToolMessage(message)))
}

/** How many bytes of JSON all results of a turn that waits may take: two of 20,000 characters fit, whatever their text. */
const storedResultsBytes = 256 * 1024

/** How many characters of each result a turn that waits can keep. */
export function fittingCharacters(results: readonly MessageContent[]): number {
  let characters = storedResultsBytes
  const bytes = () =>
    Buffer.byteLength(JSON.stringify(results.map(content => storeResult(content, characters))))
  while (bytes() > storedResultsBytes) characters = Math.floor(characters / 2)
  return characters
}

/** What a turn that waits keeps of a result. It keeps no images: the page would have to send them back. */
export function storeResult(content: MessageContent, characters: number): MessageContent {
  if (typeof content === 'string') return cut(content, characters)
  return content.map(block => {
    if (block.type === 'image') return { type: 'text', text: '[image omitted: the turn waited for the user]' }
    return block.type === 'text' ? { ...block, text: cut(String(block['text']), characters) } : block
  })
}

function cut(text: string, characters: number): string {
  if (text.length <= characters) return text
  return `${text.slice(0, characters).toWellFormed()}\n[cut: the turn waited for the user]`
}
