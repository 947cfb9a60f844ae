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

/** The keys of the bar and of the trace's tools, and the list of all keys. */
export function PageKeys() {
  useKeys({
    '?': () => {
      areKeysShown.value = true
    },
    n: () => press('n', 'more'),
    e: () => press('e', 'more'),
    m: () => press('m', 'more'),
    a: () => press('a', 'more'),
    t: () => press('t', 'more'),
    s: () => press('s', 'trace-more'),
    p: () => press('p', 'trace-more'),
    x: () => press('x', 'trace-more'),
    c: () => document.getElementById('message')?.focus(),
  })
  return areKeysShown.value && <KeysDialog />
}
