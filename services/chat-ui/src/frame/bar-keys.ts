import type { PageKey } from '@entra-agents/trace-view/keys/keys'
import { useKeys } from '@entra-agents/trace-view/keys/use-keys'

/** Presses the button that a key stands for. In a narrow window that is a row of a menu, which the first press opens. */
function press(key: PageKey, menu: string): void {
  for (const selector of [`[aria-keyshortcuts=${key}]`, `[popovertarget=${menu}]`]) {
    const button = document.querySelector<HTMLElement>(selector)
    if (!button?.checkVisibility()) continue
    button.click()
    return
  }
}

/** The keys of the bar and of the trace's tools. */
export function useBarKeys(): void {
  useKeys({
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
}
