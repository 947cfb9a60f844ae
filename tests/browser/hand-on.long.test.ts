import { randomBytes } from 'node:crypto'
import { readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { deflateRawSync, inflateRawSync } from 'node:zlib'
import { tenantId } from '@entra-agents/trace-view/testing/public-config'
import { userId } from '@entra-agents/trace-view/testing/trace'
import type { Download, Locator, Page } from 'playwright-core'
import { describe, expect, it, onTestFinished } from 'vitest'
import { useBrowser } from './support/browser.ts'
import { ask, tracePane } from './support/steps.ts'
import { resultEvent, stepEvents, traceForUser, withAgents } from './support/turns.ts'
import { useScriptedAgent } from './support/use-scripted-agent.ts'

const browser = useBrowser()
const agent = await useScriptedAgent(request => [
  ...stepEvents(traceForUser()),
  resultEvent(request, 'Hello Ada Osei, </script><img src=x onerror=alert(1)> it is on its way.'),
])

type Format = 'SVG' | 'Save' | 'JSON'

async function shareAs(page: Page, format: Format): Promise<Download> {
  await page.getByRole('button', { name: 'Share' }).click()
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: format, exact: true }).click(),
  ])
  return download
}

async function askAs(page: Page): Promise<void> {
  const answer = await ask(page, 'Orders for Ada Osei?')
  await answer.getByText('it is on its way.', { exact: false }).waitFor()
}

/** Asks, and saves the shared answer under a name with the extension of its type. */
async function askAndShare(page: Page, format: Format): Promise<string> {
  await askAs(page)
  const download = await shareAs(page, format)
  const path = join(tmpdir(), `${process.pid}-${download.suggestedFilename()}`)
  await download.saveAs(path)
  onTestFinished(() => rm(path))
  return path
}

/** Asks, and copies the link that carries the answer's trace. */
async function askAndLink(page: Page): Promise<string> {
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write'])
  await askAs(page)
  await page.getByRole('button', { name: 'Share' }).click()
  await page.getByRole('button', { name: 'Copy link' }).click()
  await page.getByRole('button', { name: 'Copied' }).waitFor()
  return page.evaluate('navigator.clipboard.readText()')
}

/** The field for a file; browsers fill it without its panel being clicked. */
async function fileField(page: Page): Promise<Locator> {
  await page.getByRole('button', { name: /^Earlier/ }).click()
  return page.getByLabel('Open a file')
}

const json = (buffer: Buffer | string) => ({
  name: 'a.json',
  mimeType: 'application/json',
  buffer: Buffer.from(buffer),
})

/** What only the user and the tenant know. */
const secrets = ['Ada Osei', userId, tenantId, 'subject-at-the-blueprint', 'subject-at-the-api']

describe('a shared trace', () => {
  it('can be a report that opens from disk without requests or scripts, says what it is, and has no personal data', async () => {
    const path = await askAndShare(await browser.open(agent.url), 'Save')
    const html = await readFile(path, 'utf8')
    for (const secret of secrets) expect(html).not.toContain(secret)
    expect(html).not.toMatch(/<script\b/)

    const report = await browser.open('about:blank')
    const requests: string[] = []
    report.on('request', request => requests.push(request.url()))
    await report.goto(pathToFileURL(path).href)
    await report.getByRole('heading', { name: /^“Orders for ‹/ }).waitFor()
    await report.getByText('people and tenant left out').waitFor()
    await report.getByText(`from ${new URL(agent.url).host}, version 0.1.0`).waitFor()
    await report.getByRole('cell', { name: 'Orders.Read', exact: false }).first().waitFor()
    // The styles apply, since the report's Content-Security-Policy allows them by their hash.
    const width = await report.evaluate(`getComputedStyle(document.querySelector('.report')).maxWidth`)
    expect(width).toBe('864px')
    await report.emulateMedia({ media: 'print', colorScheme: 'dark' })
    const colours = `(({ colorScheme, color }) => [colorScheme, color])(getComputedStyle(document.querySelector('.report')))`
    expect(await report.evaluate(colours)).toEqual(['light', 'rgb(21, 24, 27)'])
    expect(await report.locator('img').count()).toBe(0)
    expect(requests).toEqual([pathToFileURL(path).href])
  })

  it('is marked “From a file” when a page opens it, also when it is shared again, and cannot be continued there', async () => {
    const path = await askAndShare(await browser.open(agent.url), 'JSON')
    agent.answer(request => [resultEvent(request, 'Own answer.')])
    const page = await browser.open(agent.url)
    await (await ask(page, 'own question')).getByText('Own answer.').waitFor()
    const field = await fileField(page)
    await field.setInputFiles(json('{"turns":[]}'))
    await page.getByText('This is no trace that this page can read.').waitFor()
    await field.setInputFiles(json('<!doctype html><p>A report.</p>'))
    await page.getByText('This is no trace: the page reads what “Data” of Share saved').waitFor()
    await field.setInputFiles(json(Buffer.alloc(5 * 1024 * 1024 + 1)))
    await page.getByText('This file is too large: more than 5 MB.').waitFor()
    await field.setInputFiles(path)
    await page.getByText('From a file:').first().waitFor()
    await page.locator('.step').first().waitFor()
    expect(await page.getByLabel('Your question').count()).toBe(0)
    const actions = page.getByRole('button', { name: /Ask again|Edit the question|Side by side/ })
    expect(await actions.count()).toBe(0)
    const html = await readFile(await (await shareAs(page, 'Save')).path(), 'utf8')
    expect(html).toContain('The page that saved this report did not see it.')

    await page.keyboard.press('Escape')
    await page.getByRole('button', { name: 'Close the file' }).click()
    await page.getByRole('article', { name: 'own question' }).waitFor()
    await ask(page, 'next')
    expect((await agent.received(3))[2]?.history).toHaveLength(2)
  })

  it('can be a picture, in which hostile names are text', async () => {
    const page = await browser.open(agent.url)
    const saved = await readFile(await askAndShare(page, 'JSON'), 'utf8')
    const title = '</text><script>&"\u202E\u0007'
    const field = await fileField(page)
    await field.setInputFiles(json(saved.replace('"Orders API"', JSON.stringify(title))))
    await page.getByText('From a file:').first().waitFor()
    const svg = await readFile(await (await shareAs(page, 'SVG')).path(), 'utf8')
    for (const secret of secrets) expect(svg).not.toContain(secret)
    const reader = await browser.open(`data:image/svg+xml;base64,${Buffer.from(svg).toString('base64')}`)
    const picture = reader.locator('svg[width="1200"][height="630"]')
    expect(await picture.textContent()).toContain('</text><script>&"‹U+202E›')
    expect(await reader.locator(':not(svg, g, path, rect, text, tspan)').count()).toBe(0)
  })
})

describe('a link that carries a trace', () => {
  it('opens read only, is not sent to the agent, survives a reload, and Back leaves it', async () => {
    const link = await askAndLink(await browser.open(agent.url))
    expect(link.length).toBeLessThan(32 * 1024)

    agent.answer(request => [resultEvent(request, 'Own answer.')])
    const page = await browser.open(agent.url)
    const requests: string[] = []
    page.on('request', request => requests.push(`${request.url()} ${request.postData()}`))
    await (await ask(page, 'own question')).getByText('Own answer.').waitFor()
    await page.goto(link)
    await page.getByText('From a link:').waitFor()
    await page.locator('.step').first().waitFor()
    expect(await page.getByLabel('Your question').count()).toBe(0)
    for (const secret of secrets) expect(await page.locator('body').textContent()).not.toContain(secret)
    await page.reload()
    await page.getByText('From a link:').waitFor()
    expect(page.url()).toBe(link)
    expect(requests.join()).not.toContain(new URL(link).hash.slice(0, 40))

    await page.goBack()
    await page.getByRole('article', { name: 'own question' }).waitFor()
    expect(await page.getByText('From a link:').count()).toBe(0)
    expect(page.url()).toContain('#turn=1')
  })

  it('names in the bar the agent of which it tells, not the one that this page would ask', async () => {
    const agents = (...titles: readonly string[]) =>
      withAgents(...titles.map((title, index) => ({ title, name: `agent-${index}` })))
    agent.config = agents('Orders agent', 'Another of the same page')
    const link = await askAndLink(await browser.open(agent.url))
    agent.config = agents('Own agent', 'Second agent')
    const page = await browser.open(link)
    await page.getByText('From a link:').waitFor()
    await page.getByRole('button', { name: 'Agent: Orders agent' }).waitFor()
    await page.getByRole('button', { name: 'Close the link' }).click()
    await page.getByRole('button', { name: 'Agent: Own agent' }).waitFor()
  })

  it.each([
    ['broken', '#trace=1.AAECAwQF', 'It is broken or not whole'],
    [
      'a bomb',
      `#trace=1.${deflateRawSync(Buffer.alloc(20_000_000)).toString('base64url')}`,
      'It holds more than',
    ],
  ])('that is %s says so, and the page works', async (_what, fragment, words) => {
    const page = await browser.open(`${agent.url}${fragment}`)
    await page.getByText(words).waitFor()
    agent.answer(request => [resultEvent(request, 'Own answer.')])
    await (await ask(page, 'own question')).getByText('Own answer.').waitFor()
    expect(await page.getByText(words).count()).toBe(0)
    expect(page.url()).toContain('#turn=1')
  })

  it('has the user in it only if the user says so, and is off if it would be too long', async () => {
    const page = await browser.open(agent.url)
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write'])
    await askAs(page)
    await page.getByRole('button', { name: 'Share' }).click()
    await page.getByLabel('Leave out who you are').uncheck()
    await page.getByRole('button', { name: 'Copy link' }).click()
    await page.getByRole('button', { name: 'Copied' }).waitFor()
    const link = await page.evaluate<string>('navigator.clipboard.readText()')
    const packed = Buffer.from(link.split('#trace=1.')[1] ?? '', 'base64url')
    expect(`${inflateRawSync(packed)}`).toContain('Ada Osei')

    await page.keyboard.press('Escape')
    agent.answer(request => [resultEvent(request, randomBytes(40_000).toString('base64'))])
    await (await ask(page, 'long'))
      .getByText('==', { exact: false })
      .or(page.getByText('Ask again'))
      .first()
      .waitFor()
    await page.getByRole('button', { name: 'Share' }).click()
    await page.getByText('Too long for a link; save the report.').waitFor()
    expect(await page.getByRole('button', { name: 'Copy link' }).isDisabled()).toBe(true)
  })
})

it('The page itself is printed whole, without what only serves to ask', async () => {
  const page = await browser.open(agent.url)
  await askAs(page)
  await tracePane(page).locator('.step').first().waitFor()
  await page.emulateMedia({ media: 'print' })
  expect(await page.getByLabel('Your question').isVisible()).toBe(false)
  for (const part of ['.log', '.trace-body']) {
    const hiddenPixels = `(part => part.scrollHeight - part.clientHeight)(document.querySelector('${part}'))`
    expect(await page.evaluate(hiddenPixels), part).toBe(0)
  }
  const pages = `document.getElementById('pane-trace').getBoundingClientRect().top - document.getElementById('pane-conversation').getBoundingClientRect().bottom`
  expect(await page.evaluate(pages)).toBeGreaterThanOrEqual(0)
})
