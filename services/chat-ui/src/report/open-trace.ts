import { spellOutHidden } from '@entra-agents/trace-view/words/visible-text'
import type { Conversation } from '../conversation/conversation.ts'
import type { ExportedFile } from './file-shape.ts'
import { readLink } from './link.ts'
import { exchangeOf, mostFileBytes, readExportedFile, UnreadableFile } from './read-file.ts'

/** Shows the answers of a file, or returns why they cannot be shown. */
export function openFile(file: File, conversation: Conversation): Promise<string> {
  return open(conversation, false, async () => {
    if (file.size > mostFileBytes) {
      throw new UnreadableFile(`This file is too large: more than ${mostFileBytes / 1024 / 1024} MB.`)
    }
    return readExportedFile(await file.text())
  })
}

/** Shows the answers that the page's address carries, or returns why they cannot be shown. */
export function openLink(fragment: string, conversation: Conversation): Promise<string> {
  return open(conversation, true, () => readLink(fragment))
}

async function open(
  conversation: Conversation,
  isLink: boolean,
  read: () => Promise<ExportedFile>,
): Promise<string> {
  try {
    const file = await read()
    const [first] = file.turns.map(({ question, turn }) => turn?.agent ?? question.agent)
    const title = file.names.agents?.find(({ name }) => name === first)?.title ?? 'Another agent'
    conversation.open({ ...file, isLink, agent: spellOutHidden(title) }, file.turns.map(exchangeOf))
    return ''
  } catch (error) {
    if (error instanceof UnreadableFile) return error.message
    return 'It could not be read.'
  }
}
