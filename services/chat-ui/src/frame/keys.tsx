import { lazy } from '@entra-agents/trace-view/browser/lazy'
import type { PageKey } from '@entra-agents/trace-view/keys/keys'
import { areKeysShown, useKeys } from '@entra-agents/trace-view/keys/use-keys'

const KeysDialog = lazy(async () => (await import('@entra-agents/trace-view/keys/keys-dialog')).KeysDialog)

/** Presses the button that a key stands for. In a narrow window that is a row of a menu, which the first press opens. */
function press(key: PageKey, menu: string): void {
  for (const selector of [`[aria-keyshortcuts=${key}]`, `[popovertarget=${menu}]`]) {
    const button = document.querySelector<HTMLElement>(selector)
    if (!button?.checkVisibility()) continue
    button.click()
    return
  }
}

function pressing(keys: readonly PageKey[], menu: string) {
  return Object.fromEntries(keys.map(key => [key, () => press(key, menu)]))
}

/** The keys of the bar and of the trace's tools, and the list of all keys. */
export function PageKeys() {
  useKeys({
    '?': () => {
      areKeysShown.value = true
    },
    ...pressing(['n', 'e', 'm', 'a', 't'], 'more'),
    ...pressing(['s', 'p', 'x'], 'trace-more'),
    c: () => document.getElementById('message')?.focus(),
  })
  return areKeysShown.value && <KeysDialog />
}
