import { readFileSync } from 'node:fs'
import { extname, join } from 'node:path'
import type { BrowserContextOptions, Page } from 'playwright-core'
import type { useBrowser } from './browser.ts'

/** Rules of a page that would disfigure whatever they reach, by selectors or by inheritance. */
const hostileStyles = `
  html { font: 10px serif; text-size-adjust: none }
  * { color: hotpink; text-transform: uppercase; letter-spacing: 3px; line-height: 3; text-align: right; cursor: wait }
  button, .button, [role] { background: hotpink !important; border: 9px solid lime !important }
  svg, .icon { inline-size: 300px !important; block-size: 300px !important }
  h2, h3, .t2 { font-size: 60px !important; display: none }
  :root { --ink: red; --surface: yellow; --text-2: 40px }
  section, ol, .stack { position: fixed; float: right }
`

const policy = "default-src 'self'; require-trusted-types-for 'script'; trusted-types 'none'"

const types: Readonly<Record<string, string>> = { '.js': 'text/javascript', '.css': 'text/css' }

/** The address of a site that nobody serves: the browser gets the page and the element from here. */
const foreignUrl = 'https://foreign.example/'

interface ForeignPage extends BrowserContextOptions {
  /** The page's own content. */
  readonly body?: string
  readonly styles?: string
}

/** Opens a page that has the built element in it, under a policy that allows nothing but the page's own files. */
export async function openForeignPage(
  browser: ReturnType<typeof useBrowser>,
  folder: string,
  { body = '<identity-trace></identity-trace>', styles = hostileStyles, ...options }: ForeignPage = {},
): Promise<Page> {
  const html = `<!doctype html><html lang="en"><title>Foreign</title><meta name="viewport" content="width=device-width">
    <link rel="stylesheet" href="/page.css"><script type="module" src="/element.js"></script>
    <main><h1>Foreign</h1><button>Outside</button>${body}</main></html>`
  const page = await browser.open('about:blank', options)
  await page.route(`${foreignUrl}**`, route => {
    const { pathname } = new URL(route.request().url())
    const headers = { 'content-security-policy': policy }
    if (pathname === '/') return route.fulfill({ body: html, contentType: 'text/html', headers })
    if (pathname === '/page.css') return route.fulfill({ body: styles, contentType: 'text/css' })
    if (!(extname(pathname) in types)) return route.fulfill({ status: 404 })
    return route.fulfill({
      body: readFileSync(join(folder, pathname)),
      contentType: types[extname(pathname)] ?? '',
    })
  })
  await page.goto(foreignUrl)
  await page.evaluate("customElements.whenDefined('identity-trace').then(() => {})")
  return page
}

/** Sets properties of the element with this index, as a script of the page would. */
export async function setOn(
  page: Page,
  properties: { readonly trace?: unknown; readonly names?: object; readonly revealed?: boolean },
  index = 0,
): Promise<void> {
  await page.evaluate(
    `Object.assign(document.querySelectorAll('identity-trace')[${index}], ${JSON.stringify(properties)})`,
  )
}
