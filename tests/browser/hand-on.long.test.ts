import { readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { tenantId } from '@entra-agents/trace-view/testing/public-config'
import { userId } from '@entra-agents/trace-view/testing/trace'
import type { Download, Page } from 'playwright-core'
import { describe, expect, it, onTestFinished } from 'vitest'
import { useBrowser } from './support/browser.ts'
import { ask } from './support/steps.ts'
import { resultEvent, stepEvents, traceForUser } from './support/turns.ts'
import { useScriptedAgent } from './support/use-scripted-agent.ts'

const browser = useBrowser()
const agent = await useScriptedAgent(request => [
  ...stepEvents(traceForUser()),
  resultEvent(request, 'Hello Ada Osei, </script><img src=x onerror=alert(1)> it is on its way.'),
])

async function exportAs(page: Page, format: RegExp): Promise<Download> {
  await page.getByRole('button', { name: 'Share' }).click()
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: format }).click(),
  ])
  return download
}

/** Asks, and saves the exported answer under a name with the extension of its type. */
async function askAndExport(page: Page, format: RegExp): Promise<string> {
  const answer = await ask(page, 'Orders for Ada Osei?')
  await answer.getByText('it is on its way.', { exact: false }).waitFor()
  const download = await exportAs(page, format)
  const path = join(tmpdir(), `${process.pid}-${download.suggestedFilename()}`)
  await download.saveAs(path)
  onTestFinished(() => rm(path))
  return path
}

describe('an exported trace', () => {
  it('can be a report that opens from disk without requests or scripts, says what it is, and has no personal data', async () => {
    const path = await askAndExport(await browser.open(agent.url), /^Report/)
    const html = await readFile(path, 'utf8')
    for (const secret of ['Ada Osei', userId, tenantId, 'subject-at-the-blueprint', 'subject-at-the-api'])
      expect(html).not.toContain(secret)
    const scripts = [...html.matchAll(/<script\b[^>]*/g)].map(([tag]) => tag)
    expect(scripts).toEqual(['<script type="application/json" id="identity-trace"'])

    const report = await browser.open('about:blank')
    const requests: string[] = []
    report.on('request', request => requests.push(request.url()))
    await report.goto(pathToFileURL(path).href)
    await report.getByRole('heading', { name: /^Identity trace: “Orders for ‹/ }).waitFor()
    await report.getByText('Personal data and tenant are masked.').waitFor()
    await report.getByText(`from ${new URL(agent.url).host}, version 0.1.0`).waitFor()
    await report.getByRole('cell', { name: 'Orders.Read', exact: false }).first().waitFor()
    // The styles apply, since the report's Content-Security-Policy allows them by their hash.
    const width = await report.evaluate(`getComputedStyle(document.querySelector('.report')).maxWidth`)
    expect(width).toBe('960px')
    expect(await report.locator('img').count()).toBe(0)
    expect(requests).toEqual([pathToFileURL(path).href])
  })

  it('is marked “not seen” when a page opens it, also after a second export, and cannot be continued there', async () => {
    const path = await askAndExport(await browser.open(agent.url), /^JSON/)
    agent.answer(request => [resultEvent(request, 'Own answer.')])
    const page = await browser.open(agent.url)
    await (await ask(page, 'own question')).getByText('Own answer.').waitFor()
    await page.getByRole('button', { name: 'Earlier conversations' }).click()
    const field = page.getByLabel('Open an exported file')
    const json = (buffer: Buffer) => ({ name: 'a.json', mimeType: 'application/json', buffer })
    await field.setInputFiles(json(Buffer.from('{"turns":[]}')))
    await page.getByText('This file is no trace that this page can read.').waitFor()
    await field.setInputFiles(json(Buffer.alloc(5 * 1024 * 1024 + 1)))
    await page.getByText('This file is too large: more than 5 MB.').waitFor()
    await field.setInputFiles(path)
    await page.getByText('From a file; this page did not see it.').first().waitFor()
    await page.locator('.step').first().waitFor()
    expect(await page.getByLabel('Your question').count()).toBe(0)
    const actions = page.getByRole('button', { name: /Ask again|Edit the question|Side by side/ })
    expect(await actions.count()).toBe(0)
    const html = await readFile(await (await exportAs(page, /^Report/)).path(), 'utf8')
    expect(html).toContain('From a file; this page did not see it.')

    await page.keyboard.press('Escape')
    await page.getByRole('button', { name: 'Close the file' }).click()
    await page.getByRole('article', { name: 'own question' }).waitFor()
    await ask(page, 'next')
    expect((await agent.received(3))[2]?.history).toHaveLength(2)
  })

  it('of an earlier version still opens, and its origin is told as its claim; one of a newer version says so', async () => {
    const page = await browser.open(agent.url)
    await page.getByRole('button', { name: 'Earlier conversations' }).click()
    const field = page.getByLabel('Open an exported file')
    const saved = await readFile('services/chat-ui/src/report/saved-version-1.json')
    const newer = Buffer.from(JSON.stringify({ ...JSON.parse(`${saved}`), version: 99 }))
    await field.setInputFiles({ name: 'a.json', mimeType: 'application/json', buffer: newer })
    await page.getByText('Made by a newer version of this page.').waitFor()
    await field.setInputFiles({ name: 'a.json', mimeType: 'application/json', buffer: saved })
    await page.getByText('The file says of itself that it was made').waitFor()
    await page.getByText('Your skis are ordered.').waitFor()
  })

  it('is printed instead of the page', async () => {
    const page = await browser.open('about:blank')
    await page.addInitScript(
      'globalThis.print = () => { globalThis.printed = document.querySelector(".report-print")?.textContent }',
    )
    await page.goto(agent.url)
    await ask(page, 'one')
    await page.getByText('it is on its way.', { exact: false }).waitFor()
    await page.getByRole('button', { name: 'Share' }).click()
    await page.getByRole('button', { name: /^Print/ }).click()
    expect(await page.evaluate('printed')).toContain('Identity trace: “one”')
    await page.emulateMedia({ media: 'print' })
    expect(await page.locator('.report-print').isVisible()).toBe(true)
    expect(await page.locator('.log').isVisible()).toBe(false)
    await page.evaluate('dispatchEvent(new Event("afterprint"))')
    expect(await page.locator('.report-print').count()).toBe(0)
    // The page itself is printed whole, without what only serves to ask.
    expect(await page.getByLabel('Your question').isVisible()).toBe(false)
    for (const part of ['.log', '.trace-body']) {
      const hiddenPixels = `(part => part.scrollHeight - part.clientHeight)(document.querySelector('${part}'))`
      expect(await page.evaluate(hiddenPixels), part).toBe(0)
    }
    const pages = `document.getElementById('pane-trace').getBoundingClientRect().top - document.getElementById('pane-conversation').getBoundingClientRect().bottom`
    expect(await page.evaluate(pages)).toBeGreaterThanOrEqual(0)
  })
})
