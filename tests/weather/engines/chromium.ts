import { join } from 'node:path'
import { chromium, type Page } from 'playwright-core'
import { chromiumPath } from '../../support/chromium.ts'
import type { Engine } from './engine.ts'

/** Starts Chromium, by its own protocol. */
export async function startChromium(folder: string): Promise<Engine> {
  const browser = await chromium.launch({
    executablePath: chromiumPath,
    args: ['--no-sandbox', '--disable-gpu'],
  })
  const context = await browser.newContext()
  let page = await context.newPage()
  const saveDownloads = (opened: Page) =>
    opened.on('download', download => void download.saveAs(join(folder, download.suggestedFilename())))
  saveDownloads(page)
  const pages = () => context.pages()
  return {
    open: async url => void (await page.goto(url)),
    resize: (width, height) => page.setViewportSize({ width, height }),
    evaluate: expression => page.evaluate(expression),
    click: (x, y) => page.mouse.click(x, y),
    type: text => page.keyboard.type(text),
    press: key => page.keyboard.press(key),
    windows: async () => pages().map((_, index) => `${index}`),
    switchTo: async window => {
      page = pages()[Number(window)] ?? page
    },
    [Symbol.asyncDispose]: () => browser.close(),
  }
}
