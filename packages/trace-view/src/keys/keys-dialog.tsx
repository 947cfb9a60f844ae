import { useLayoutEffect, useRef } from 'preact/hooks'
import { set } from '../browser/set.ts'
import { Fact } from '../controls/fact.tsx'
import { keyGroups } from './keys.ts'
import { areKeysShown, areLettersOn, switchLetters } from './use-keys.ts'

const groups = [
  ...keyGroups.map(({ title, keys }) => ({ title, keys: Object.entries(keys) })),
  // Whether or not single letters act as keys.
  {
    title: 'Where the focus is',
    keys: [
      ['↑ ↓ Home End', 'previous, next, first, last step'],
      ['Enter', 'open or close a step; send a question'],
      ['Esc', 'close what is open, stop the answer'],
    ] as const,
  },
]

/** All keys of the page. Opens itself. */
export function KeysDialog() {
  const dialog = useRef<HTMLDialogElement>(null)
  useLayoutEffect(() => dialog.current?.showModal(), [])
  return (
    <dialog
      ref={dialog}
      class="keys card stack"
      aria-labelledby="keys-title"
      onClose={() => set(areKeysShown, false)}
    >
      <h2 id="keys-title">Keys</h2>
      {groups.map(({ title, keys }) => (
        <section key={title}>
          <h3>{title}</h3>
          <dl class="facts">
            {keys.map(([key, meaning]) => (
              <Fact key={key} name={<kbd>{key}</kbd>}>
                {meaning}
              </Fact>
            ))}
          </dl>
        </section>
      ))}
      <label class="row gap-2 toggle t2">
        <input
          type="checkbox"
          checked={areLettersOn.value}
          onChange={({ currentTarget }) => switchLetters(currentTarget.checked)}
        />
        Single letters act as keys
      </label>
      <form method="dialog">
        <button type="submit" class="button">
          Close
        </button>
      </form>
    </dialog>
  )
}
