import type { Locator, Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { useBrowser } from './support/browser.ts'
import { ask, choose, tracePane } from './support/steps.ts'
import { resultEvent, turnStart, withAgents } from './support/turns.ts'
import { useScriptedAgent } from './support/use-scripted-agent.ts'

const browser = useBrowser()
const agent = await useScriptedAgent(request => [resultEvent(request, 'It is on its way.')])

const send = (page: Page) => page.getByRole('button', { name: 'Send' })
const fieldOf = (page: Page) => page.getByLabel('Your question')

const openWithClock = () => browser.open(agent.url, { withClock: true })

describe('pressing Send twice', () => {
  const enterTwice = async (first: Locator, second: Locator) => {
    await first.press('Enter')
    await second.press('Enter')
  }
  it.each([
    ['a double click', (page: Page) => send(page).dblclick()],
    ['Enter twice on the button', (page: Page) => enterTwice(send(page), page.locator('button:focus'))],
    ['Enter twice in the field', (page: Page) => enterTwice(fieldOf(page), fieldOf(page))],
  ])('by %s sends once and does not stop the answer', async (_how, pressTwice) => {
    const goOn = Promise.withResolvers<void>()
    agent.script = async (request, respond) => {
      respond(turnStart(request))
      await goOn.promise
      respond(resultEvent(request, 'Sunny.'))
    }
    const page = await openWithClock()
    await fieldOf(page).fill('Where is order 7?')
    await page.clock.pauseAt(Date.now() + 10_000)
    await pressTwice(page)
    await page.clock.resume()
    goOn.resolve()
    await page.getByText('Sunny.').waitFor()
    expect(await agent.received(1)).toHaveLength(1)
  })

  it('does not send a half-written next question if the first press stopped an answer', async () => {
    void agent.neverEnd()
    const page = await openWithClock()
    await ask(page, 'Where is order 7?')
    await fieldOf(page).fill('And')
    await page.getByRole('button', { name: 'Stop', disabled: false }).waitFor()
    await page.clock.pauseAt(Date.now() + 10_000)
    await page.getByRole('button', { name: 'Stop' }).click()
    await send(page).click({ force: true })
    expect(await page.locator('.send:focus').count(), 'one button, which keeps the focus').toBe(1)
    await page.clock.resume()
    await page.getByText('This answer was stopped.').waitFor()
    expect(await fieldOf(page).inputValue()).toBe('And')
    expect(await page.getByRole('article').count()).toBe(1)
  })
})

describe('the composer', () => {
  it('keeps the whole of a text that is too long to send, and says by how many characters', async () => {
    const page = await browser.open(agent.url)
    const field = fieldOf(page)
    await field.fill('x'.repeat(200_000))
    await page.getByText('200,000 of 4,000 characters. Shorten it by 196,000 to send it.').waitFor()
    await field.press('Enter')
    await page.getByRole('status').getByText('Not sent').waitFor({ state: 'attached' })
    expect(await field.inputValue()).toHaveLength(200_000)
    expect(await send(page).getAttribute('aria-disabled')).toBe('true')
    await field.fill('x'.repeat(4_000))
    await page.getByText('4,000 of 4,000 characters.', { exact: true }).waitFor()
    await field.press('Enter')
    expect((await agent.received(1))[0]?.message).toHaveLength(4_000)
    expect(await page.getByText('of 4,000 characters').count()).toBe(0)
  })

  it('grows with a line by Shift+Enter, and sends on Enter, but not on the Enter that ends a composition (IME)', async () => {
    const page = await browser.open(agent.url)
    const field = fieldOf(page)
    await field.fill('天気')
    const before = (await field.boundingBox())?.height ?? 0
    await page.keyboard.press('Shift+Enter')
    await page.keyboard.type('two')
    expect((await field.boundingBox())?.height).toBeGreaterThan(before)
    await field.dispatchEvent('keydown', { key: 'Enter', isComposing: true })
    // Safari ends the composition before this key; only the key code shows that the key belonged to the composition.
    await field.dispatchEvent('keydown', { key: 'Enter', keyCode: 229 })
    expect(await field.inputValue()).toBe('天気\ntwo')
    await page.keyboard.press('Enter')
    expect((await agent.received(1)).map(({ message }) => message)).toEqual(['天気\ntwo'])
  })

  it('offers other questions to try where a model chooses the tools', async () => {
    const page = await browser.open(agent.url)
    const tries = page.getByRole('list', { name: 'Questions to try' })
    await tries.getByText('Where is order 7?').waitFor()
    expect(await tries.getByText('Compare orders 7 and 8').count()).toBe(0)
    await choose(page, 'Bedrock')
    await tries.getByText('Compare orders 7 and 8').waitFor()
  })

  it('shows a sample of the question to try that has pointer or focus, and asks it by its number, in its flow and of its agent', async () => {
    agent.config = withAgents(
      { title: 'Orders agent' },
      { name: 'trainee', title: 'Trainee agent', withoutRights: true },
    )
    const page = await browser.open(agent.url)
    const sample = tracePane(page).getByRole('region', { name: 'What you will see' })
    await sample.getByText('Orders agent will call Orders API as itself.').waitFor()
    await fieldOf(page).press('1')
    expect(await fieldOf(page).inputValue(), 'a digit is text where text is written').toBe('1')
    await fieldOf(page).fill('')
    const cards = page.getByRole('list', { name: 'Questions to try' }).getByRole('button')
    await cards.nth(1).hover()
    await sample.getByText('Orders agent will call Orders API for you.').waitFor()
    await tracePane(page).getByText('The caller’s token, yours.').waitFor()
    await cards.nth(2).focus()
    await sample.getByText('Orders API will deny Trainee agent: it has no right.').waitFor()
    await page.keyboard.press('3')
    await page.getByRole('button', { name: 'Agent: Trainee agent' }).waitFor()
    await page.getByRole('article', { name: 'Where is order 7?' }).getByText('It is on its way.').waitFor()
    expect((await agent.received(1))[0]).toMatchObject({ agent: 'trainee', flow: 'autonomous' })
    const more = page.getByRole('list', { name: 'Try also' })
    await more.getByRole('button', { name: 'Ask Orders agent' }).click()
    await page.getByRole('button', { name: 'Agent: Orders agent' }).waitFor()
    expect((await agent.received(2))[1]).toMatchObject({ agent: 'default', flow: 'autonomous' })
  })
})

describe('an earlier question', () => {
  it('is edited, with the focus at once, and asked again as another attempt; the earlier attempt and what followed it stay', async () => {
    const page = await browser.open(agent.url)
    for (const question of ['one', 'two', 'three'])
      await (await ask(page, question)).getByText('It is on its way.').waitFor()
    const focused = page.evaluate(`new Promise(resolve => {
      new MutationObserver((_changes, observer) => {
        if (!document.querySelector('.composer .link')) return
        observer.disconnect()
        resolve(document.activeElement.id)
      }).observe(document.body, { childList: true, subtree: true })
    })`)
    const second = page.getByRole('article', { name: 'two' })
    await second.getByRole('button', { name: 'Edit the question' }).click()
    expect(await focused).toBe('message')
    await page.getByText('Sending makes another attempt').waitFor()
    expect(await page.locator('textarea:focus').inputValue()).toBe('two')
    await page.keyboard.type(' and a half')
    await page.keyboard.press('Enter')
    await page.getByRole('article', { name: 'two and a half' }).waitFor()
    expect(await page.getByRole('article').count()).toBe(2)
    expect((await agent.received(4))[3]?.history).toHaveLength(2)
    await page.getByText('2 of 2').waitFor()
    await page.getByRole('button', { name: 'Earlier attempt' }).press('Enter')
    await page.getByRole('article', { name: 'three' }).waitFor()
    await expect.poll(() => page.locator('[data-by="-1"]:focus').count()).toBe(1)
  })

  it('that is long takes a few lines until the user expands it', async () => {
    const page = await browser.open(agent.url)
    await ask(page, 'A very long question indeed. '.repeat(130))
    const article = page.getByRole('article')
    await article.getByText('It is on its way.').waitFor()
    const height = async () => (await article.locator('.question').boundingBox())?.height ?? 0
    expect(await height()).toBeLessThan(300)
    expect((await article.getAttribute('aria-label'))?.length).toBeLessThan(120)
    await article.getByRole('button', { name: 'Show all of the question' }).click()
    await expect.poll(height).toBeGreaterThan(600)
    await article.getByRole('button', { name: 'Show less' }).click()
    await expect.poll(height).toBeLessThan(300)
  })
})
