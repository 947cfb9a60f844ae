import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import {
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  chromium,
  type Page,
} from 'playwright-core'
import { expect, onTestFinished } from 'vitest'
import { chromiumPath } from '../../support/chromium.ts'
import { needs } from '../../support/programs.ts'

const builtPage = join(import.meta.dirname, '../../../services/chat-ui/dist/index.html')

const chromiumFlags = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

interface OpenOptions extends BrowserContextOptions {
  /** For tests that cause errors in the page on purpose. */
  readonly tolerateFaults?: boolean
  /** For tests that move the page's clock. */
  readonly withClock?: boolean
}

/** One browser for all tests of a worker, launched by the first that needs it. It ends with the worker. */
let launching: Promise<Browser> | undefined

function launch(): Promise<Browser> {
  if (!existsSync(builtPage)) throw new Error('The page is not built. Run: npm run build:page')
  launching ??= chromium.launch({ executablePath: chromiumPath, args: chromiumFlags, headless: true })
  return launching
}

/** The browser, in which each page that a test opens is on its own; skips the tests of the file if there is none. */
export function useBrowser(): { open(url: string, options?: OpenOptions): Promise<Page> } {
  needs('chromium')
  return {
    async open(url, { tolerateFaults = false, withClock = false, ...options } = {}) {
      const browser = await launch()
      const usual = { viewport: { width: 1280, height: 800 }, timezoneId: 'UTC' }
      const context = await browser.newContext({ ...usual, ...options })
      const faults = collectFaults(context)
      onTestFinished(async () => {
        await context.close()
        if (!tolerateFaults) expect(faults, 'errors in the browser console').toEqual([])
      })
      if (process.env['SLOW_PAGE']) await slowDown(context)
      const page = await context.newPage()
      page.setDefaultTimeout(20_000)
      if (withClock) await page.clock.install()
      await page.goto(url)
      return page
    },
  }
}

/**
 * Delays animation frames, the agent's responses and, most of all, the code that is loaded when needed: a test that
 * passes only without these delays reads the page too early.
 */
async function slowDown(context: BrowserContext): Promise<void> {
  const delays = [
    ['**/api/**', 400],
    [/\/assets\/(?!index)/, 1000],
  ] as const
  for (const [url, delayMs] of delays) {
    await context.route(url, async route => {
      await setTimeout(delayMs)
      await route.fallback()
    })
  }
  await context.addInitScript(`{
    const nextFrame = requestAnimationFrame
    globalThis.requestAnimationFrame = draw => nextFrame(() => setTimeout(() => draw(performance.now()), 250))
  }`)
}

/**
 * Collects the faults in all pages of a context and in windows that the pages open: errors in the console (where
 * violations of the Content-Security-Policy show) and errors that nobody caught. The browser's own line about a
 * response with a status of 400 or more is no fault.
 */
function collectFaults(context: BrowserContext): string[] {
  const faults: string[] = []
  context.on('weberror', error => faults.push(`uncaught: ${error.error().message}`))
  context.on('console', message => {
    const text = message.text()
    const isRefusal = /^Failed to load resource: the server responded with a status of [45]/.test(text)
    if (message.type() === 'error' && !isRefusal) faults.push(text)
  })
  return faults
}
