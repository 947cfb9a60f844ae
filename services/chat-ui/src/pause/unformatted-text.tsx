import { showHidden } from '@entra-agents/trace-view/words/visible-text'

/** A text from outside, complete and unformatted; invisible characters are shown by their names. */
export function UnformattedText({ text }: { readonly text: string }) {
  return (
    <bdi>
      {showHidden(text).map((part, index) =>
        typeof part === 'string' ? (
          part
        ) : (
          <span key={index} class="hidden-character t1">
            {part.hidden}
          </span>
        ),
      )}
    </bdi>
  )
}
