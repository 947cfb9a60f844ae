import type { AskedCall } from '@entra-agents/trace'
import { spellOutHidden } from '@entra-agents/trace-view/words/visible-text'

/** What the agent puts between title, names and values of the arguments if the tool has no words of its own. */
const joints: readonly string[] = [', ', ': ', '…']

/** Whether the sentence of a call is more than its title and its arguments. */
export function hasOwnWords({
  sentence = [],
  title,
}: Pick<AskedCall, 'title'> & Partial<Pick<AskedCall, 'sentence'>>): boolean {
  return sentence.some(
    (part, index) =>
      'text' in part && (index === 0 ? spellOutHidden(part.text) !== title : !joints.includes(part.text)),
  )
}
