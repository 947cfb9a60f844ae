import type { Sentence } from '@entra-agents/trace'
import { spellOutHidden } from '@entra-agents/trace-view/words/visible-text'
import { UnformattedText } from './unformatted-text.tsx'

/** What cannot be read as words of the sentence around it: a few words or a number, without the marks that end a sentence. */
const shortValue = /^[\p{L}\p{M}\p{N} °−+%’-]{1,40}$/u

/**
 * What a call would do. What the model or an API wrote is bold, and in quotes unless it is a few plain words; it changes nothing of
 * the words around it.
 */
export function CallSentence({ parts }: { readonly parts: Sentence }) {
  return (
    <>
      {parts.map((part, index) =>
        'text' in part ? (
          spellOutHidden(part.text)
        ) : (
          <strong key={index}>
            {shortValue.test(part.value) ? (
              <UnformattedText text={part.value} />
            ) : (
              <>
                “<UnformattedText text={part.value} />”
              </>
            )}
          </strong>
        ),
      )}
    </>
  )
}
