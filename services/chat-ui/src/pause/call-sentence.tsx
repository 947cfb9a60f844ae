import type { Sentence } from '@entra-agents/trace'
import { spellOutHidden } from '@entra-agents/trace-view/words/visible-text'
import { UnformattedText } from './unformatted-text.tsx'

/** What a call would do. What the model or an API wrote is bold, in quotes, and changes nothing of the words around it. */
export function CallSentence({ parts }: { readonly parts: Sentence }) {
  return (
    <>
      {parts.map((part, index) =>
        'text' in part ? (
          spellOutHidden(part.text)
        ) : (
          <b key={index}>
            “<UnformattedText text={part.value} />”
          </b>
        ),
      )}
    </>
  )
}
