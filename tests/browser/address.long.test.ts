import type { Page } from 'playwright-core'
import { expect, it } from 'vitest'
import { useBrowser } from './support/browser.ts'
import { ask, buttonNamed as button, choose, pressInBar, showToken, tracePane } from './support/steps.ts'
import { config, resultEvent, stepEvents, traceForUser } from './support/turns.ts'
import { useScriptedAgent } from './support/use-scripted-agent.ts'

const browser = useBrowser()
const agent = await useScriptedAgent(request => [
  ...stepEvents(traceForUser()),
  resultEvent(request, `Answer to ${request.message}`),
])
const isNarrow = { viewport: { width: 360, height: 740 } }
const hashOf = (page: Page) => expect.poll(() => new URL(page.url()).hash)

async function openAnswers(...questions: readonly string[]): Promise<Page> {
  const page = await browser.open(agent.url)
  await hashOf(page).toBe('')
  for (const question of questions)
    await (await ask(page, question)).getByText(`Answer to ${question}`).waitFor()
  await tracePane(page).locator('.step').first().waitFor()
  await hashOf(page).toContain(`#turn=${questions.length}&id=`)
  return page
}

const expectShown = (page: Page, question: string) =>
  page.getByRole('button', { name: `Show the trace of “${question}”`, pressed: true }).waitFor()

it('Back leads through the views and answers to the empty page and never off the site, Forward leads there again', async () => {
  const page = await openAnswers('first', 'second')
  await choose(page, 'Sequence')
  await page.locator('.lanes').waitFor()
  await hashOf(page).toBe('#turn=2&id=t1&view=sequence')
  await page.reload()
  await page.locator('.lanes').waitFor()
  await page.goBack()
  await tracePane(page).locator('.axis').waitFor()
  await hashOf(page).toBe('#turn=2&id=t1')
  await page.goBack()
  await expectShown(page, 'first')
  await page.goBack()
  await page.getByText('Watch an agent prove who it is.').waitFor()
  await hashOf(page).toBe('')
  await page.goForward()
  await expectShown(page, 'first')
  await page.goForward()
  await page.goForward()
  await page.locator('.lanes').waitFor()
  expect(await page.getByRole('article').count()).toBe(2)
})

it('Back leads to the empty page from a question that was asked before the code for addresses had come', async () => {
  const code = Promise.withResolvers<void>()
  const page = await browser.open('about:blank')
  await page.route('**/assets/address-*.js', async route => {
    await code.promise
    await route.fallback()
  })
  await page.goto(agent.url)
  await (await ask(page, 'first')).getByText('Answer to first').waitFor()
  code.resolve()
  await hashOf(page).toContain('#turn=1&id=')
  await page.goBack()
  await page.getByText('Watch an agent prove who it is.').waitFor()
  await page.goForward()
  await expectShown(page, 'first')
})

it('A step, a token and a search are details of their place: they are in the address, and Back skips them', async () => {
  const page = await openAnswers('first', 'second')
  await tracePane(page).locator('.step').nth(3).click()
  await hashOf(page).toMatch(/^#turn=2&id=t1&step=\d$/)
  const card = await showToken(page, 'TR')
  await hashOf(page).toContain('&token=tr')
  await page.reload()
  await card.waitFor()
  await page.locator('.step-more').waitFor()
  await page.locator('.step[aria-expanded=true]').press('Escape')
  await page.locator('.step-more').waitFor({ state: 'detached' })
  await page.locator('button.plate[data-token=TR]').press('Escape')
  await card.waitFor({ state: 'hidden' })
  await hashOf(page).not.toContain('token')
  await page.getByLabel('Search steps').fill('<b>"Check')
  await hashOf(page).toContain('&find=%3Cb%3E%22Check')
  await page.reload()
  await page.getByText('No step matches.').waitFor()
  expect(await page.getByLabel('Search steps').inputValue()).toBe('<b>"Check')
  await page.goBack()
  await expectShown(page, 'first')
})

it('Two chosen tokens are a place', async () => {
  const page = await openAnswers('first')
  await choose(page, 'Compare')
  await hashOf(page).toBe('#turn=1&id=t1&view=compare')
  await button(page, 'Swap sides').click()
  await hashOf(page).toBe('#turn=1&id=t1&view=compare:tr,tc')
  await page.reload()
  await expect.poll(() => page.locator('.token-choice .mark').first().textContent()).toBe('TR')
  await page.goBack()
  await expect.poll(() => page.locator('.token-choice .mark').first().textContent()).toBe('Tc')
})

it('The presenter is a place and its scenes are not: Back leaves it, and Esc leaves nothing to go back to', async () => {
  const page = await openAnswers('first')
  const presenter = page.getByRole('dialog', { name: 'Presenter' })
  await button(page, 'Present').press('Enter')
  await presenter.waitFor()
  await page.goBack()
  await expect.poll(() => page.locator(':focus').textContent()).toBe('Present')
  await page.goForward()
  await presenter.waitFor()
  await page.keyboard.press('ArrowRight')
  await hashOf(page).toBe('#turn=1&id=t1&present=2')
  await page.reload()
  await presenter.getByText(/^2 of/).waitFor()
  await page.goBack()
  await presenter.waitFor({ state: 'hidden' })
  await hashOf(page).toBe('#turn=1&id=t1')
  await page.goForward()
  await presenter.waitFor()
  await page.keyboard.press('Escape')
  await presenter.waitFor({ state: 'hidden' })
  await hashOf(page).toBe('#turn=1&id=t1')
  // Esc went back by itself; Playwright's own goBack could still count from the place before that.
  await page.evaluate('history.back()')
  await page.getByText('Watch an agent prove who it is.').waitFor()
})

it('Side by side is a place that fills the pickers, shows the whole question and asks nothing by itself', async () => {
  const page = await openAnswers('first')
  const covering = page.getByRole('heading', { name: 'Side by side' })
  await button(page, 'Side by side').click()
  await covering.waitFor()
  await hashOf(page).toBe('#side=default:self,default:me&q=first')
  await button(page, 'Conversation').click()
  await hashOf(page).toBe('#turn=1&id=t1')
  await page.goForward()
  await covering.waitFor()
  await page.goBack()
  await expectShown(page, 'first')
  const asked = (await agent.received(1)).length
  const question = `${'long '.repeat(60)}<img src=x>\u202E end`
  await page.goto(`${agent.url}#side=default:me,default:self&q=${encodeURIComponent(question)}`)
  await covering.waitFor()
  await page.getByText('‹U+202E› end').waitFor()
  expect(await page.getByLabel('Flow on the left').inputValue()).toBe('obo')
  expect((await agent.received(1)).length).toBe(asked)
  for (const bad of ['nobody:self,default:self', 'default:account,default:self']) {
    await page.goto(`${agent.url}#side=${bad}&q=a`)
    await expectShown(page, 'first')
    expect(await covering.count()).toBe(0)
  }
})

it('On a phone, who comes from Side by side by way of the trace finds the field for the question a line high', async () => {
  const page = await browser.open(agent.url, isNarrow)
  await (await ask(page, 'first')).getByText('Answer to first').waitFor()
  await page.getByRole('tab', { name: 'Identity Trace' }).click()
  await page.locator('.pane-head').getByRole('button', { name: /^More/ }).click()
  await button(page, 'Side by side').click()
  await button(page, 'Conversation').click()
  await page.getByRole('tab', { name: 'Conversation' }).click()
  const field = await page.getByRole('textbox').boundingBox()
  expect(field?.height).toBeGreaterThan(20)
})

it('On a phone the trace is a place, and Back leads from it to the conversation', async () => {
  const page = await browser.open(agent.url, isNarrow)
  await (await ask(page, 'first')).getByText('Answer to first').waitFor()
  await page.getByRole('tab', { name: 'Identity Trace' }).click()
  await hashOf(page).toBe('#turn=1&id=t1&pane=trace')
  await page.reload()
  await tracePane(page).locator('.step').first().waitFor()
  await page.goBack()
  await page.getByRole('article', { name: 'first' }).waitFor()
  expect(await tracePane(page).isVisible()).toBe(false)
  await hashOf(page).toBe('#turn=1&id=t1')
})

it('A try has an address, and a new conversation is a place from which Back leads to the answers before it', async () => {
  const page = await browser.open(`${agent.url}#try=2`)
  await expect
    .poll(() => page.locator('.try[data-shown=true]').textContent())
    .toContain(config.userExamples[0])
  await (await ask(page, 'first')).getByText('Answer to first').waitFor()
  await pressInBar(page, 'New conversation')
  await page.getByText('Watch an agent prove who it is.').waitFor()
  await page.goBack()
  await expectShown(page, 'first')
})

it.each([
  'turn=99',
  'turn=1&view=__proto__&step=99999&token=constructor&present=99999',
  'present=3',
  'agent=nobody',
  '%',
])('The page works at an address that names what is not there: %s', async fragment => {
  const page = await openAnswers('first')
  await page.goto(`${agent.url}#${fragment}`)
  if (fragment.includes('&present')) {
    await page.getByRole('dialog').waitFor()
    await page.keyboard.press('Escape')
    await page.getByRole('dialog').waitFor({ state: 'hidden' })
  }
  await (await ask(page, 'second')).getByText('Answer to second').waitFor()
  await hashOf(page).toContain('#turn=2&id=')
})
