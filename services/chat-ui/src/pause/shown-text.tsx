import { showHidden } from '../words/visible-text.ts'

/** A text that somebody else wrote, whole, as text; what would hide in it is named. */
export function ShownText({ text }: { readonly text: string }) {
  return (
    <bdi>
      {showHidden(text).map((part, index) =>
        typeof part === 'string' ? (
          part
        ) : (
          <span key={index} class="hidden-character">
            {part.hidden}
          </span>
        ),
      )}
    </bdi>
  )
}
