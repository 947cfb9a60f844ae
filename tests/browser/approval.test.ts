import { describe, expect, it } from 'vitest'
import { useBrowser } from './support/browser.ts'
import { ask, choose, openSteps } from './support/steps.ts'
import { resultEvent, stepEvents } from './support/turns.ts'
import { useScriptedAgent } from './support/use-scripted-agent.ts'
import {
  approvalCard as approval,
  askForAlert,
  cardButton as button,
  decisionStep,
  eventsAfterApproval,
  eventsUntilPause,
  alertQuestion as question,
  alertText as said,
  tcArrivalStep,
  toolStep,
  waitUntilPressable,
} from './support/waiting-turns.ts'

const browser = useBrowser()
const agent = await useScriptedAgent(request => eventsUntilPause(request, { answer: said }))

describe('a call that changes something', () => {
  it('is shown exactly as it would be sent, sent when it is approved, and reported in the same answer', async () => {
    agent.goOn = eventsAfterApproval
    const page = await browser.open(agent.url)
    const answer = await askForAlert(page)
    const card = approval(page)
    expect(await card.locator('dl div').allInnerTexts()).toEqual([
      'City\nOslo',
      'When · kind\ntemperature-below',
      'When · celsius\n-5',
      'Until date\n2026-12-04',
    ])
    expect(await card.locator('p').first().textContent()).toBe(
      '“Oslo” below “−5 °C”, until “Friday 4 December 2026”. An alert is a record.',
    )
    expect(await card.textContent()).toMatch(/\d:\d\d left, then nothing happens/)
    expect(agent.continued).toEqual([])
    await button(page, 'Create alert').click()
    await answer.getByText('The alert is set.').waitFor()
    const { decisions, ...rest } = agent.continued[0] ?? {}
    expect(decisions).toEqual([{ callId: 'c1', digest: 'd1', decision: 'approve' }])
    expect(rest).toEqual({
      continuation: 'sealed-approval',
      agent: 'default',
      mode: 'direct',
      flow: 'autonomous',
      pauseFor: ['consent'],
    })
    await answer.getByText('You approved: create alert, Oslo, temperature-below, -5, 2026-12-04.').waitFor()
    expect(await answer.locator('.answer-text > p:not([class])').allInnerTexts()).toEqual([
      said,
      'The alert is set.',
    ])
    expect(await page.getByRole('article').count()).toBe(1)
    expect(await card.count()).toBe(0)
  })

  it('is not sent when it is declined', async () => {
    const approvalOf = { decision: 'deny', digest: 'd1', waitedMs: 23_000 } as const
    const denied = toolStep('failed', { approval: approvalOf })
    agent.goOn = request => [
      ...stepEvents([tcArrivalStep('s1'), decisionStep('deny'), denied]),
      resultEvent(request, 'I have not set it up.', {
        tools: [{ name: 'create_alert', arguments: {}, status: 'denied' }],
      }),
    ]
    const page = await browser.open(agent.url)
    const answer = await askForAlert(page)
    await button(page, 'Don’t create').click()
    await answer.getByText('I have not set it up.').waitFor()
    expect(agent.continued[0]?.decisions).toEqual([{ callId: 'c1', digest: 'd1', decision: 'deny' }])
    await answer.getByText('You did not approve: create alert').waitFor()
    await answer.getByRole('button', { name: /create_alert.*not called/ }).waitFor()
    await page.getByRole('heading', { name: 'You declined, and nothing was sent by that.' }).waitFor()
    await openSteps(page)
    const row = page.locator('.step-item', { hasText: 'Tool: create_alert' }).first()
    expect(await row.textContent()).toMatch(/not called.*denied/s)
    expect(await row.getAttribute('data-status')).toBe('stopped')
  })

  it('cannot be decided by clicks, Enter or Esc in the first half second', async () => {
    const page = await browser.open(agent.url)
    await page.clock.install()
    await page.reload()
    await page.getByLabel('Your question').fill(question)
    await page.clock.pauseAt(Date.now() + 10_000)
    await page.keyboard.press('Enter')
    await expect
      .poll(async () => {
        await page.clock.runFor(20)
        return page.locator('.pause-card h3:focus').count()
      })
      .toBe(1)
    for (const key of ['Enter', 'Space', 'Escape', 'y']) await page.keyboard.press(key)
    await button(page, 'Create alert').click({ force: true })
    expect(agent.continued).toEqual([])
    await page.clock.runFor(600)
    await waitUntilPressable(page)
    await page.locator('.pause-card h3').focus()
    for (const key of ['Enter', 'Space', 'Escape', 'y']) await page.keyboard.press(key)
    await approval(page).waitFor()
    expect(agent.continued).toEqual([])
    expect(await page.locator(':focus').evaluate(it => it.tagName)).toBe('H3')
  })

  it('can be approved by keyboard alone', async () => {
    agent.goOn = eventsAfterApproval
    const page = await browser.open(agent.url)
    await page.getByLabel('Your question').fill(question)
    await page.keyboard.press('Enter')
    await page.locator('.pause-card h3:focus').waitFor()
    await waitUntilPressable(page)
    await page.keyboard.press('Tab')
    expect(await page.locator(':focus').textContent()).toBe('Create alert')
    await page.keyboard.press('Tab')
    expect(await page.locator(':focus').textContent()).toBe('Don’t create')
    await page.keyboard.press('Shift+Tab')
    await page.keyboard.press('Enter')
    await page.getByText('The alert is set.').waitFor()
    expect(agent.continued).toHaveLength(1)
  })

  it('is dropped by a reload, and the page says so; the half-written question stays', async () => {
    const page = await browser.open(agent.url)
    const answer = await ask(page, question)
    await approval(page).waitFor()
    await page.getByLabel('Your question').fill('And in Rome?')
    const kept = await page.evaluate('JSON.stringify({ ...sessionStorage, ...localStorage })')
    expect(kept).not.toContain('sealed-approval')
    await page.reload()
    await answer.getByText('Left undecided: not sent, and nothing was changed.').waitFor()
    expect(await approval(page).count()).toBe(0)
    await answer.getByRole('button', { name: 'Ask again', exact: true }).click()
    await approval(page).waitFor()
    expect(await page.getByLabel('Your question').inputValue()).toBe('And in Rome?')
  })

  it('is not sent if the user asks something else, as the page warns beforehand', async () => {
    const page = await browser.open(agent.url)
    const answer = await ask(page, question)
    await page.getByText('A call waits for you. It will not be sent if you ask something else.').waitFor()
    await ask(page, 'And in Rome?')
    await answer.getByText('Left undecided: not sent, and nothing was changed.').waitFor()
    expect(agent.continued).toEqual([])
  })
})

describe('the trace', () => {
  it('of a waiting call says who would make the call, and that nothing happens without the user', async () => {
    const page = await browser.open(agent.url)
    await ask(page, question)
    await approval(page).waitFor()
    await page.getByRole('heading', { name: 'The agent asks to create an alert on your behalf.' }).waitFor()
    const verdict = page.getByRole('region', { name: 'Verdict' })
    await verdict.getByText('Waiting for you').waitFor()
    await verdict.getByText('happens only if you approve').waitFor()
    expect(await verdict.locator('.plate[data-gate=waiting]').textContent()).toContain('not called yet')
    const chip = page.getByRole('article').getByRole('button', { name: /create_alert/ })
    await chip.getByText('waiting').waitFor()
    await choose(page, 'Compare')
    await page.getByText('Once the agent gets TR in exchange for your token (Tc)').waitFor()
  })
})
