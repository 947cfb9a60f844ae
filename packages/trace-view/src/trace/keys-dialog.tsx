import type { RefObject } from 'preact'

const shortcuts = [
  ['↑ ↓ or j k', 'previous, next step'],
  ['Home End', 'first, last step'],
  ['Enter', 'open or close a step'],
  [']', 'open all steps'],
  ['[', 'close all steps'],
  ['/', 'search'],
  ['f', 'failed only, and all again'],
  ['?', 'this list'],
] as const

/** The keyboard shortcuts while the focus is in the steps. */
export function KeysDialog({ dialog }: { readonly dialog: RefObject<HTMLDialogElement | null> }) {
  return (
    <dialog ref={dialog} class="keys card" aria-labelledby="keys-title">
      <h2 id="keys-title">Keys in the steps</h2>
      <dl class="facts">
        {shortcuts.map(([key, meaning]) => (
          <div key={key}>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{meaning}</dd>
          </div>
        ))}
      </dl>
      <form method="dialog">
        <button type="submit" class="button">
          Close
        </button>
      </form>
    </dialog>
  )
}
