import { orderCall } from '@entra-agents/trace-view/testing/waiting'
import type { Page } from 'playwright-core'
import { expect, it } from 'vitest'
import { useBrowser } from './support/browser.ts'
import { ask, buttonNamed as button, choose, openSteps } from './support/steps.ts'
import { resultEvent, stepEvents, userTokenStep } from './support/turns.ts'
import { useScriptedAgent } from './support/use-scripted-agent.ts'
import {
  approvalCard as approval,
  askForOrder,
  decisionStep,
  eventsAfterApproval,
  eventsUntilPause,
  textBefore,
  toolStep,
  waitUntilPressable,
} from './support/waiting-turns.ts'

const browser = useBrowser()
const agent = await useScriptedAgent(request => eventsUntilPause(request, { answer: textBefore }))

it('A call that changes something is shown exactly as it would be sent, sent when it is approved, and reported in the same answer', async () => {
  const sentence = [
    { text: 'Order ' },
    { value: 'skis' },
    { text: ' until ' },
    { value: 'Friday' },
    { text: '.' },
  ]
  const values = { item: 'skis', when: { kind: 'until', day: 5 } }
  const call = { ...orderCall, sentence, arguments: values }
  agent.answer(request => eventsUntilPause(request, { answer: textBefore, calls: [call] }))
  agent.goOn = eventsAfterApproval
  const page = await browser.open(agent.url)
  const answer = await askForOrder(page)
  const card = approval(page)
  expect(await card.locator('.says').textContent()).toBe('Order skis until Friday.')
  expect(await card.locator('.says strong').allTextContents()).toEqual(['skis', 'Friday'])
  await card.getByText('Exact arguments').click()
  expect(await card.locator('pre').textContent()).toBe(JSON.stringify(values, null, 2))
  await card.getByText(/^(10:00|9:5\d) left$/).waitFor()
  const timer = card.getByRole('timer')
  expect(await timer.textContent()).toMatch(/\d minutes? \d+ seconds? left, then nothing happens/)
  expect(agent.continued).toEqual([])
  await button(page, 'Create order').click()
  await answer.getByText('It is ordered.').waitFor()
  const turn = { agent: 'default', mode: 'direct', flow: 'autonomous', pauseFor: ['consent'] }
  const decisions = [{ callId: 'c1', digest: 'd1', decision: 'approve' }]
  expect(agent.continued).toEqual([{ continuation: 'sealed-approval', decisions, ...turn }])
  const line = answer.getByText('You approved: order skis until Friday')
  await line.waitFor()
  expect(await answer.locator('.decided time').textContent()).toMatch(/^\d\d:\d\d:\d\d$/)
  expect(await answer.locator('.answer-text p:not([class])').allInnerTexts()).toEqual([
    textBefore,
    'It is ordered.',
  ])
  expect(await page.getByRole('article').count()).toBe(1)
  expect(await card.count()).toBe(0)
})

it('What no message of the user has comes first on the card, beside what is exactly sent', async () => {
  const values = { item: 'Skis', to: { street: '1 Evil Lane', count: 1 }, by: '2026-12-24' }
  const facts = (page: Page) => approval(page).locator('.note:has(+ dl), dt, dd').allTextContents()
  agent.answer(request => eventsUntilPause(request, { calls: [{ ...orderCall, arguments: values }] }))
  const page = await browser.open(agent.url)
  await askForOrder(page)
  const unsaid = ['Not in your messages', 'to.street:', '1 Evil Lane', 'to.count:', '1', 'by:', '2026-12-24']
  expect(await facts(page)).toEqual([...unsaid, 'In your messages', 'item:', 'Skis'])
  expect(await approval(page).locator('.says').textContent(), 'no words of its own').toBe('Create order')
  expect(await approval(page).locator('pre').textContent()).toBe(JSON.stringify(values, null, 2))
  await ask(page, 'Send 1 piece to 1 Evil Lane by Christmas Eve, 24 December')
  await waitUntilPressable(page)
  const said = ['item:', 'Skis', 'to.street:', '1 Evil Lane', 'to.count:', '1', 'by:', '2026-12-24']
  expect(await facts(page)).toEqual(said)
})

it('A call that waits is explained in the trace, and is not sent when it is declined', async () => {
  const denied = toolStep('failed', { approval: { decision: 'deny', digest: 'd1', waitedMs: 23_000 } })
  agent.goOn = request => [
    ...stepEvents([userTokenStep('s1'), decisionStep('deny'), denied]),
    resultEvent(request, 'I have not ordered.', {
      tools: [{ name: 'create_order', arguments: {}, status: 'denied' }],
    }),
  ]
  const page = await browser.open(agent.url)
  const answer = await askForOrder(page)
  await page.getByRole('heading', { name: 'The agent asks you before it calls Orders API.' }).waitFor()
  const verdict = page.getByRole('region', { name: 'Verdict' })
  await verdict.getByText('Waits for you', { exact: true }).waitFor()
  await verdict.getByText('Nothing was sent. The agent asks for no token before you decide').waitFor()
  expect(await verdict.locator('.plate[data-gate=next]').textContent()).toContain('not called yet')
  await answer
    .getByRole('button', { name: /create_order/ })
    .getByText('waits for you')
    .waitFor()
  await choose(page, 'Compare')
  await page.getByText('Once the agent has TR for your token (Tc)').waitFor()
  await choose(page, 'Steps')

  await button(page, 'Don’t create').click()
  await answer.getByText('I have not ordered.').waitFor()
  expect(agent.continued[0]?.decisions).toEqual([{ callId: 'c1', digest: 'd1', decision: 'deny' }])
  await answer.getByText('You did not approve: create order').first().waitFor()
  await answer.getByRole('button', { name: /create_order.*not called/ }).waitFor()
  await page.getByRole('heading', { name: 'You declined, and nothing was sent by that.' }).waitFor()
  await openSteps(page)
  const row = page.locator('.step-item', { hasText: 'Tool: create_order' }).first()
  expect(await row.textContent()).toMatch(/not called.*declined/s)
  expect(await row.getAttribute('data-status')).toBe('stopped')
})

it('A call cannot be decided by clicks, Enter or Esc in the first half second; then it can be approved by keyboard alone', async () => {
  agent.goOn = eventsAfterApproval
  const page = await browser.open(agent.url, { withClock: true })
  await page.getByLabel('Your question').fill('Order skis')
  await page.clock.pauseAt(Date.now() + 10_000)
  await page.keyboard.press('Enter')
  await expect
    .poll(async () => {
      await page.clock.runFor(20)
      return page.locator('.pause-card:focus').count()
    })
    .toBe(1)
  const pressKeys = async () => {
    for (const key of ['Enter', 'Space', 'y', 'Escape', 'Control+Enter']) await page.keyboard.press(key)
  }
  await pressKeys()
  await button(page, 'Create order').click({ force: true })
  expect(agent.continued).toEqual([])
  await page.clock.runFor(600)
  await waitUntilPressable(page)
  await approval(page).focus()
  for (const key of ['Enter', 'Space', 'y']) await page.keyboard.press(key)
  await approval(page).waitFor()
  expect(agent.continued).toEqual([])
  const focused = page.locator(':focus')
  expect(await focused.getAttribute('class')).toContain('pause-card')

  for (const words of ['Exact arguments', 'Don’t create', 'Create order']) {
    await page.keyboard.press('Tab')
    expect(await focused.textContent()).toContain(words)
  }
  await page.keyboard.press('Enter')
  await page.clock.resume()
  await page.getByText('It is ordered.').waitFor()
  expect(agent.continued).toHaveLength(1)
})

it('A call is not sent after a reload, or if the user asks something else, as the page says; the half-written question stays', async () => {
  const page = await browser.open(agent.url)
  const answer = await ask(page, 'Order skis')
  await approval(page).waitFor()
  await page.getByLabel('Your question').fill('And poles?')
  const kept = await page.evaluate('JSON.stringify({ ...sessionStorage, ...localStorage })')
  expect(kept).not.toContain('sealed-approval')
  await page.reload()
  await answer.getByText('Left undecided: not sent, and nothing was changed.').waitFor()
  expect(await approval(page).count()).toBe(0)
  await answer.getByRole('button', { name: 'Ask again', exact: true }).click()
  await approval(page).waitFor()
  expect(await page.getByLabel('Your question').inputValue()).toBe('And poles?')
  await page.getByText('A call waits for you. If you ask something else, it is not sent.').waitFor()
  await ask(page, 'And poles?')
  await answer.getByText('Left undecided: not sent, and nothing was changed.').waitFor()
  expect(agent.continued).toEqual([])
})
