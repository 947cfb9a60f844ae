import { describe, expect, it } from 'vitest'
import { useBrowser } from './support/browser.ts'
import { ask } from './support/steps.ts'
import { blockStorage } from './support/storage.ts'
import { resultEvent, stepEvents, trace } from './support/turns.ts'
import { useScriptedAgent } from './support/use-scripted-agent.ts'

const browser = useBrowser()
const agent = await useScriptedAgent(request => [
  ...stepEvents(trace()),
  resultEvent(request, 'It is on its way.'),
])

describe('a browser that stores nothing for the page', () => {
  it('still shows the page, in which the user can ask, and which begins anew when it is loaded again', async () => {
    const page = await browser.open('about:blank')
    await blockStorage(page.context())
    await page.goto(agent.url)
    await (await ask(page, 'one')).getByText('It is on its way.').waitFor()
    await page.locator('.step').first().waitFor()
    await page.getByRole('button', { name: 'Theme: as the system' }).click()
    expect(await page.locator('html').getAttribute('data-theme')).toBe('dark')
    await page.reload()
    await page.getByText('Watch an agent prove who it is.').waitFor()
    expect(await page.getByRole('article').count()).toBe(0)
    expect(await page.locator('html').getAttribute('data-theme')).toBe('system')
  })
})

describe('a page that cannot load a part of itself', () => {
  it('says so, and after a reload shows the part, with the same conversation and draft', async () => {
    const page = await browser.open(agent.url, { tolerateFaults: true })
    await (await ask(page, 'one')).getByText('It is on its way.').waitFor()
    await page.getByLabel('Your question').fill('a draft')
    await page.route('**/assets/instructions-panel*', route => route.abort('internetdisconnected'))
    const told = page.getByRole('button', { name: 'What the model is told' })
    await told.click()
    await page.getByText('A part of this page could not be loaded.').waitFor()
    await page.unroute('**/assets/instructions-panel*')
    await page.getByRole('button', { name: 'Reload' }).click()
    await page.getByText('It is on its way.').waitFor()
    expect(await page.getByLabel('Your question').inputValue()).toBe('a draft')
    await told.click()
    await page.getByRole('heading', { name: 'What the model is told' }).waitFor()
  })
})
