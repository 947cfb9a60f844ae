import { gzipSync } from 'node:zlib'
import { temporaryFolder } from '@entra-agents/service-kit/testing/temporary-file'
import { buildElement } from '@entra-agents/trace-view/build/element'
import { publicConfig } from '@entra-agents/trace-view/testing/public-config'
import { ownToken } from '@entra-agents/trace-view/testing/trace'
import type { Page, Response } from 'playwright-core'
import { expect, it } from 'vitest'
import { useBrowser } from './support/browser.ts'
import { openForeignPage, setOn } from './support/foreign-page.ts'
import { trace, traceForUser } from './support/turns.ts'

const browser = useBrowser()
const folder = temporaryFolder()
await buildElement(folder)
const { agents, apis, names: ids } = publicConfig
const names = { agents: [{ ...agents[0], title: 'Orders agent' }], apis, ids }

const styleOf = (page: Page, selector: string, property: string) =>
  page.evaluate<string>(
    `getComputedStyle(document.querySelector('identity-trace').shadowRoot.querySelector('${selector}'))['${property}']`,
  )

it('The element looks as on the agent’s page, whatever the styles of the page around it, and changes nothing there', async () => {
  const page = await openForeignPage(browser, folder)
  const messages: string[] = []
  page.on('console', message => messages.push(message.text()))
  const around = () =>
    page.evaluate(`[
      document.documentElement.outerHTML, document.adoptedStyleSheets.length, Object.keys(globalThis).length, history.length,
      getComputedStyle(document.querySelector('main > button')).backgroundColor, location.href,
    ]`)
  const before = await around()
  await setOn(page, { trace: trace(), names })
  await page.locator('.formula').waitFor()
  await page.locator('.step').first().click()
  await page.locator('.step-more').waitFor()
  await page.getByRole('button', { name: 'TR' }).first().click()
  await page.locator('.token-card').waitFor()
  for (const view of ['Sequence', 'Compare', 'Steps']) await page.getByRole('radio', { name: view }).check()

  const heading = page.getByRole('heading', { name: 'Orders agent called Orders API as itself.' })
  await heading.waitFor()
  for (const [selector, property, look] of [
    ['.verdict-line h3', 'fontSize', '20px'],
    ['.verdict-line h3', 'textTransform', 'none'],
    ['.verdict-line h3', 'textAlign', 'start'],
    ['.verdict-line h3', 'letterSpacing', '-0.4px'],
    ['.verdict-line h3', 'color', 'rgb(21, 24, 27)'],
    ['.step .icon', 'inlineSize', '12px'],
    ['.replay', 'backgroundColor', 'rgba(0, 0, 0, 0)'],
    ['.step', 'borderTopWidth', '0px'],
    ['.steps', 'position', 'static'],
    ['.trace-page', 'fontFamily', expect.stringMatching(/^system-ui/)],
  ])
    expect(await styleOf(page, selector, property), `${selector} ${property}`).toEqual(look)
  expect(await around()).toEqual(before)
  expect(await page.evaluate('[localStorage.length, sessionStorage.length, document.cookie]')).toEqual([
    0,
    0,
    '',
  ])
  expect(messages).toEqual([])
})

it('A page loads 12 kB (gzip) before it has a trace, 30 kB until the verdict is seen, and details when they are opened', async () => {
  const page = await openForeignPage(browser, folder, { body: '' })
  const scripts: Response[] = []
  page.on('response', response => {
    if (response.url().endsWith('.js')) scripts.push(response)
  })
  await page.reload()
  await page.waitForLoadState('networkidle')
  const bytes = async () => {
    const bodies = await Promise.all(scripts.map(script => script.body()))
    return bodies.reduce((sum, body) => sum + gzipSync(body, { level: 9 }).length, 0)
  }
  await page.evaluate("document.querySelector('main').append(document.createElement('identity-trace'))")
  await page.waitForLoadState('networkidle')
  expect(await bytes()).toBeLessThanOrEqual(12_000)

  // What comes after the verdict waits until the verdict is seen.
  const later = Promise.withResolvers<void>()
  await page.route(/\/(exchange|step-list)-[^/]*\.js$/, async route => {
    await later.promise
    await route.fallback()
  })
  await setOn(page, { trace: trace(), names })
  await page.locator('.strip').waitFor()
  expect(await bytes()).toBeLessThanOrEqual(30_000)
  later.resolve()
  await page.locator('.formula').waitFor()
  await page.locator('.step').first().waitFor()
  expect(await bytes()).toBeLessThanOrEqual(58_000)
  const unseen = /presenter|compare|token-card|step-details|drawer/
  expect(scripts.map(script => script.url()).filter(url => unseen.test(url))).toEqual([])
})

it('Two elements show two traces; one that grows keeps what is open, and one that is moved or taken away comes back', async () => {
  const page = await openForeignPage(browser, folder, {
    body: '<identity-trace></identity-trace>'.repeat(2),
  })
  const [first, second] = [0, 1].map(index => page.locator('identity-trace').nth(index))
  if (!first || !second) throw new Error('There are two.')
  const steps = trace()
  await setOn(page, { trace: steps.slice(0, 2), names }, 0)
  await setOn(page, { trace: traceForUser(), names }, 1)
  await second.getByRole('heading', { name: /called Orders API/ }).waitFor()
  await first.locator('.step').first().click()
  await first.locator('.step-more').waitFor()
  expect(await second.locator('.step-more').count()).toBe(0)

  await setOn(page, { trace: steps }, 0)
  await first.getByRole('heading', { name: 'Orders agent called Orders API as itself.' }).waitFor()
  await first.locator('.step-more').waitFor()
  expect(await first.getByRole('radio', { name: 'Steps' }).isChecked()).toBe(true)
  await second.getByRole('radio', { name: 'Sequence' }).check()
  expect(await first.getByRole('radio', { name: 'Steps' }).isChecked()).toBe(true)

  await page.evaluate(`{
    globalThis.taken = document.querySelector('identity-trace')
    taken.remove()
  }`)
  await setOn(page, { trace: [] }, 0)
  await second.waitFor({ state: 'detached' })
  await page.getByText('No steps.').waitFor()
  await page.evaluate("document.querySelector('main').append(taken)")
  await page.getByRole('heading', { name: 'Orders agent called Orders API as itself.' }).waitFor()
})

it('People are hidden until the page reveals them, and what a page sets before the element is loaded counts', async () => {
  const page = await openForeignPage(browser, folder, { body: '' })
  await page.evaluate(`{
    const early = document.implementation.createHTMLDocument().createElement('identity-trace')
    Object.assign(early, ${JSON.stringify({ trace: traceForUser(), names })})
    document.querySelector('main').append(early)
  }`)
  const verdict = page.getByRole('region', { name: 'Verdict' })
  await verdict.waitFor()
  await page.locator('.step').first().waitFor()
  expect(await page.locator('identity-trace').textContent()).toBe('')
  const text = () => page.locator('.trace-page').textContent()
  expect(await text()).not.toContain('Ada Osei')
  expect(await text()).toContain('The user')
  await setOn(page, { revealed: true })
  await page.getByText('eeeeeeee…000e').first().waitFor()
})

it('The keyboard opens steps and tokens, and acts on letters only while the element has the focus', async () => {
  const page = await openForeignPage(browser, folder)
  await setOn(page, { trace: trace(ownToken), names })
  await page.locator('.step').first().waitFor()
  await page.locator('.formula').waitFor()
  const pressed = page.locator('[aria-pressed=true]')
  await page.locator('main > button').focus()
  await page.keyboard.press('f')
  expect(await pressed.count()).toBe(0)

  for (const [opener, opened] of [
    ['.step', '.step-more'],
    ['button.plate', '.token-card'],
  ] as const) {
    await page.locator(opener).last().press('Enter')
    await page.locator(opened).waitFor()
    await page.keyboard.press('Escape')
    await page.locator(opened).waitFor({ state: 'detached' })
    await page.locator(`${opener}:focus`).waitFor()
  }
  await page.locator('.step').first().focus()
  await page.keyboard.press('f')
  await pressed.waitFor()
})
