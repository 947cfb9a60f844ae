import type { BrowserContext, Page } from 'playwright-core'

/** Makes any access to storage throw, as in a browser whose user blocks site data. */
export async function blockStorage(context: BrowserContext): Promise<void> {
  await context.addInitScript(`for (const name of ['localStorage', 'sessionStorage']) {
    Object.defineProperty(globalThis, name, {
      get() { throw new DOMException('Access is denied for this document.', 'SecurityError') },
    })
  }`)
}

/** Fills the session storage of a page. */
export async function fillStorage(page: Page): Promise<void> {
  await page.evaluate(`for (let size = 1 << 22; size >= 1; size >>= 1) {
    for (let count = 0; ; count += 1) {
      try { sessionStorage.setItem('filled-' + size + '-' + count, 'x'.repeat(size)) } catch { break }
    }
  }`)
}
