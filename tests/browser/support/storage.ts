import type { BrowserContext, Page } from 'playwright-core'

/** What a browser does whose user lets no page keep anything: looking at its storage is already an error. */
export async function blockStorage(context: BrowserContext): Promise<void> {
  await context.addInitScript(`for (const name of ['localStorage', 'sessionStorage']) {
    Object.defineProperty(globalThis, name, {
      get() { throw new DOMException('Access is denied for this document.', 'SecurityError') },
    })
  }`)
}

/** Leaves not one character of room in the storage of a page's tab. */
export async function fillStorage(page: Page): Promise<void> {
  await page.evaluate(`for (let size = 1 << 22; size >= 1; size >>= 1) {
    for (let count = 0; ; count += 1) {
      try { sessionStorage.setItem('filled-' + size + '-' + count, 'x'.repeat(size)) } catch { break }
    }
  }`)
}
