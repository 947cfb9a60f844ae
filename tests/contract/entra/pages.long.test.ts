import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { LocalServer } from '@entra-agents/service-kit/testing/local-server'
import type { AxeResults } from 'axe-core'
import type { Page } from 'playwright-core'
import { expect, it } from 'vitest'
import { experiments } from '../../../emulators/entra/src/lab/experiments.ts'
import { Browser as PlainBrowser } from '../../../emulators/entra/src/testing/browser.ts'
import { startEntra } from '../../../emulators/entra/src/testing/start-entra.ts'
import { useBrowser } from '../../browser/support/browser.ts'
import { forFile } from '../../support/for-file.ts'

const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

const browser = useBrowser()
const page = '<!doctype html><title>Back at the application</title>'
const application = new LocalServer(
  (_request, response) => response.setHeader('content-type', 'text/html').end(page),
  'localhost',
)
const redirectUri = `${(await forFile(application.start())).url}/auth/redirect.html`
const entra = await forFile(startEntra({ SPA_REDIRECT_URI: redirectUri }))

function authorizeUrl(parameters: Readonly<Record<string, string>> = {}): string {
  return new PlainBrowser(entra).authorizeUrl({ redirect_uri: redirectUri, ...parameters })
}

/** What violates axe's rules for WCAG up to 2.2 AA or for best practices. */
async function findViolations(page: Page): Promise<string[]> {
  await page.evaluate(axeSource)
  const runOnly = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']
  const results = await page.evaluate<AxeResults>(`axe.run(${JSON.stringify({ runOnly })})`)
  return results.violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`)
}

it.each([
  ['light', 1280],
  ['dark', 320],
] as const)(
  'in the %s theme, %i pixels wide, axe finds no violation on any page, and no page scrolls sideways',
  async (colorScheme, width) => {
    entra.entra.reset()
    const page = await browser.open(authorizeUrl(), { colorScheme, viewport: { width, height: 700 } })
    const check = async (what: string) => {
      expect(await findViolations(page), what).toEqual([])
      expect(await page.evaluate('document.documentElement.scrollWidth'), what).toBeLessThanOrEqual(width)
    }
    await page.getByRole('heading', { name: 'Pick an account' }).waitFor()
    await check('the sign-in page')
    await page.goto(authorizeUrl({ prompt: 'consent' }))
    await page.getByRole('button', { name: 'Ben Lindqvist' }).click()
    await page.getByRole('heading', { name: 'Permissions requested' }).waitFor()
    await check('the consent page')
    await page.goto(authorizeUrl({ redirect_uri: 'https://elsewhere.example/' }))
    await page.getByText('AADSTS50011').waitFor()
    await check('the error page')
    await page.goto(entra.url)
    await page.getByText('Trainee agent').waitFor()
    await check('the overview')
    await page.goto(`${entra.url}/emulator/lab/experiments`)
    await check('the experiments')
    await page.goto(`${entra.url}/emulator/lab/policies`)
    await page.getByRole('button', { name: 'Add policy' }).click()
    await check('the policies')
    await page.getByLabel('agent By name or client id.').first().fill('Weather agent')
    await page.getByLabel('api By name or client id.').fill('Weather API')
    await page.getByRole('button', { name: 'Ask' }).click()
    await page.getByText('AADSTS53003').waitFor()
    await check('what would happen')
    for (const [name, { title, more }] of Object.entries(experiments)) {
      await page.goto(`${entra.url}/emulator/lab/experiments`)
      await page.getByRole('link', { name: title }).click()
      await check(name)
      await page.getByRole('button', { name: 'Set up' }).click()
      await page.getByText('It is set up.').waitFor()
      await check(`${name}, set up`)
      if (more) {
        await page.getByRole('button', { name: more.button }).click()
        const back = page.getByRole('link', { name: 'Back to the experiment' })
        await back.waitFor()
        await check(more.button)
        await back.click()
      }
      await page.getByRole('button', { name: 'Undo' }).click()
      await page.getByRole('button', { name: 'Set up' }).waitFor()
    }
  },
)

it('sign-in and consent work by keyboard, and end at the application with a code', async () => {
  entra.entra.reset()
  const page = await browser.open(authorizeUrl({ prompt: 'consent', login_hint: 'ben@contoso.example' }))
  await page.locator('button:focus', { hasText: 'Ben Lindqvist' }).waitFor()
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: 'Permissions requested' }).waitFor()
  await page.keyboard.press('Tab')
  await page.locator('button:focus', { hasText: 'Accept' }).waitFor()
  await page.keyboard.press('Enter')
  await page.waitForURL(url => url.hash.includes('code='))
  expect(page.url()).toContain(redirectUri)
})

it('cancelling ends at the application with access_denied', async () => {
  entra.entra.reset()
  const page = await browser.open(authorizeUrl())
  await page.getByRole('button', { name: 'Cancel' }).click()
  await page.waitForURL(url => url.hash.includes('error=access_denied'))
  expect(page.url()).toContain(redirectUri)
})
