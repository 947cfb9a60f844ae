import { orderCall } from '@entra-agents/trace-view/testing/waiting'
import { expect, it } from 'vitest'
import { useBrowser } from './support/browser.ts'
import { ask, choose, openSteps } from './support/steps.ts'
import { resultEvent, stepEvents, userTokenStep } from './support/turns.ts'
import { useScriptedAgent } from './support/use-scripted-agent.ts'
import {
  approvalCard as approval,
  askForOrder,
  cardButton as button,
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
  expect(await card.locator('p').first().textContent()).toBe('Order “skis” until “Friday”.')
  await card.getByText('Exact arguments').click()
  expect(await card.locator('pre').textContent()).toBe(JSON.stringify(values, null, 2))
  expect(await card.textContent()).toMatch(/\d:\d\d left, then nothing happens/)
  expect(agent.continued).toEqual([])
  await button(page, 'Create order').click()
  await answer.getByText('It is ordered.').waitFor()
  const turn = { agent: 'default', mode: 'direct', flow: 'autonomous', pauseFor: ['consent'] }
  const decisions = [{ callId: 'c1', digest: 'd1', decision: 'approve' }]
  expect(agent.continued).toEqual([{ continuation: 'sealed-approval', decisions, ...turn }])
  await answer.getByText('You approved: order “skis” until “Friday”.').waitFor()
  expect(await answer.locator('.answer-text > p:not([class])').allInnerTexts()).toEqual([
    textBefore,
    'It is ordered.',
  ])
  expect(await page.getByRole('article').count()).toBe(1)
  expect(await card.count()).toBe(0)
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
  await page.getByRole('heading', { name: 'The agent asks to create an order for you.' }).waitFor()
  const verdict = page.getByRole('region', { name: 'Verdict' })
  await verdict.getByText('Waits for you', { exact: true }).waitFor()
  await verdict.getByText('happens only on your approval').waitFor()
  expect(await verdict.locator('.plate[data-gate=waiting]').textContent()).toContain('not called yet')
  await answer
    .getByRole('button', { name: /create_order/ })
    .getByText('waiting')
    .waitFor()
  await choose(page, 'Compare')
  await page.getByText('Once the agent gets TR in exchange for your token (Tc)').waitFor()
  await choose(page, 'Steps')

  await button(page, 'Don’t create').click()
  await answer.getByText('I have not ordered.').waitFor()
  expect(agent.continued[0]?.decisions).toEqual([{ callId: 'c1', digest: 'd1', decision: 'deny' }])
  await answer.getByText('You did not approve: create order').waitFor()
  await answer.getByRole('button', { name: /create_order.*not called/ }).waitFor()
  await page.getByRole('heading', { name: 'You declined, and nothing was sent by that.' }).waitFor()
  await openSteps(page)
  const row = page.locator('.step-item', { hasText: 'Tool: create_order' }).first()
  expect(await row.textContent()).toMatch(/not called.*declined/s)
  expect(await row.getAttribute('data-status')).toBe('stopped')
})

it('A call cannot be decided by clicks, Enter or Esc in the first half second; then it can be approved by keyboard alone', async () => {
  agent.goOn = eventsAfterApproval
  const page = await browser.open(agent.url)
  await page.clock.install()
  await page.reload()
  await page.getByLabel('Your question').fill('Order skis')
  await page.clock.pauseAt(Date.now() + 10_000)
  await page.keyboard.press('Enter')
  await expect
    .poll(async () => {
      await page.clock.runFor(20)
      return page.locator('.pause-card h3:focus').count()
    })
    .toBe(1)
  const pressKeys = async () => {
    for (const key of ['Enter', 'Space', 'Escape', 'y']) await page.keyboard.press(key)
  }
  await pressKeys()
  await button(page, 'Create order').click({ force: true })
  expect(agent.continued).toEqual([])
  await page.clock.runFor(600)
  await waitUntilPressable(page)
  await page.locator('.pause-card h3').focus()
  await pressKeys()
  await approval(page).waitFor()
  expect(agent.continued).toEqual([])
  expect(await page.locator(':focus').evaluate(it => it.tagName)).toBe('H3')

  await page.keyboard.press('Tab')
  expect(await page.locator(':focus').textContent()).toBe('Exact arguments')
  await page.keyboard.press('Tab')
  expect(await page.locator(':focus').textContent()).toBe('Create order')
  await page.keyboard.press('Tab')
  expect(await page.locator(':focus').textContent()).toBe('Don’t create')
  await page.keyboard.press('Shift+Tab')
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
  await page.getByText('A call waits for you. It will not be sent if you ask something else.').waitFor()
  await ask(page, 'And poles?')
  await answer.getByText('Left undecided: not sent, and nothing was changed.').waitFor()
  expect(agent.continued).toEqual([])
})
