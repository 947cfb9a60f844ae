import { gzipSync } from 'node:zlib'
import type { Page, Response } from 'playwright-core'
import { expect, it } from 'vitest'
import { useBrowser } from './support/browser.ts'
import { useScriptedAgent } from './support/use-scripted-agent.ts'

const kilobyte = 1000
const browser = useBrowser()
const agent = await useScriptedAgent(() => [])

/** The scripts of a page, in the order in which they arrive. */
function collectScripts(page: Page): Response[] {
  const scripts: Response[] = []
  page.on('response', response => {
    if (response.url().endsWith('.js')) scripts.push(response)
  })
  return scripts
}

it('the page appears with at most 30 kB of JavaScript (gzip), and loads the sign-in code afterwards', async () => {
  const page = await browser.open('about:blank')
  const scripts = collectScripts(page)
  const library = Promise.withResolvers<void>()
  await page.route(/\/assets\/(?!page-)[^/]*\.js$/, async route => {
    await library.promise
    await route.fallback()
  })
  await page.goto(agent.url)
  await page.getByRole('button', { name: 'Where is order 7?' }).waitFor()
  const firstPaint = await Promise.all(scripts.map(script => script.body()))
  expect(firstPaint.length).toBeGreaterThan(0)
  const bytes = firstPaint.reduce((sum, body) => sum + gzipSync(body, { level: 9 }).length, 0)
  expect(bytes).toBeLessThanOrEqual(30 * kilobyte)

  library.resolve()
  await expect.poll(() => scripts.some(script => script.url().includes('identity-client'))).toBe(true)
})

it('the page appears before its fonts, which have at most 48 kB together and are cached for ever', async () => {
  const page = await browser.open('about:blank')
  const fonts: Response[] = []
  const arrival = Promise.withResolvers<void>()
  page.on('response', response => {
    if (response.url().endsWith('.woff2')) fonts.push(response)
  })
  await page.route('**/*.woff2', async route => {
    await arrival.promise
    await route.fallback()
  })
  await page.goto(agent.url, { waitUntil: 'commit' })
  await page.getByRole('button', { name: 'Where is order 7?' }).waitFor()
  const paints = "performance.getEntriesByName('first-contentful-paint').length"
  await expect.poll(() => page.evaluate(paints)).toBe(1)
  expect(fonts).toEqual([])

  arrival.resolve()
  const load = (face: string) => page.evaluate(`document.fonts.load('${face}').then(found => found.length)`)
  for (const face of ['1em Inter', '600 1em Inter', '1em "JetBrains Mono"']) expect(await load(face)).toBe(1)
  const bodies = await Promise.all(fonts.map(font => font.body()))
  expect(bodies.length).toBe(2)
  expect(bodies.reduce((sum, { length }) => sum + length, 0)).toBeLessThanOrEqual(48 * kilobyte)
  for (const font of fonts) expect(font.headers()['cache-control']).toContain('immutable')
  expect(await page.evaluate('getComputedStyle(document.body).fontFamily')).toMatch(
    /^Inter, "Inter Fallback"/,
  )
})
