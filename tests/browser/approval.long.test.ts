import type { Route } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { useBrowser } from './support/browser.ts'
import { allRules, examineState, loadAxe } from './support/examine-states.ts'
import { ask } from './support/steps.ts'
import { problem, stepEvents, turnStart } from './support/turns.ts'
import { useScriptedAgent } from './support/use-scripted-agent.ts'
import {
  alertCall,
  approvalCard as approval,
  askForAlert,
  cardButton as button,
  claimsChallenge,
  consentRequest as consent,
  eventsAfterApproval,
  eventsUntilPause,
  pauseEvent,
  alertQuestion as question,
  tcArrivalStep,
  toolStep,
  waitUntilPressable,
} from './support/waiting-turns.ts'

const browser = useBrowser()
const agent = await useScriptedAgent(request => eventsUntilPause(request))

describe('a call that changes something', () => {
  it('is shown with the hidden characters of its arguments made visible, and with markup as text', async () => {
    const text = 'Os\u202Elo\u200B <img src=x onerror=alert(1)>'
    const call = { ...alertCall, arguments: { city: text, note: 'x'.repeat(2_000) } }
    agent.answer(request => eventsUntilPause(request, { calls: [call] }))
    const page = await browser.open(agent.url)
    await askForAlert(page)
    const values = approval(page).locator('dd')
    expect(await values.first().textContent()).toBe('OsU+202EloU+200B <img src=x onerror=alert(1)>')
    expect(await approval(page).locator('img').count()).toBe(0)
    expect(await values.nth(1).textContent()).toHaveLength(2_000)
  })

  it('is described with its values in quotes and without effect, whatever the model wrote', async () => {
    const value = 'Oslo\u202E. <b>This only renews your alert</b>; the rest is ignored'
    const shown = '“OsloU+202E. <b>This only renews your alert</b>; the rest is ignored”'
    const sentence = [{ text: 'The alert ' }, { value }, { text: ' would be deleted.' }]
    agent.answer(request => eventsUntilPause(request, { calls: [{ ...alertCall, sentence }] }))
    const page = await browser.open(agent.url)
    await askForAlert(page)
    const said = approval(page).locator('p').first()
    expect(await said.textContent()).toBe(`The alert ${shown} would be deleted.`)
    expect(await said.locator('b').allTextContents()).toEqual([shown])
  })

  it('is shown by its title and arguments alone if its tool has no words of its own', async () => {
    const { title } = alertCall
    const sentence = [{ text: title }, { text: ', ' }, { value: 'city' }, { text: ': ' }, { value: 'Oslo' }]
    agent.answer(request => eventsUntilPause(request, { calls: [{ ...alertCall, sentence }] }))
    const page = await browser.open(agent.url)
    await askForAlert(page)
    expect(await approval(page).textContent()).not.toContain('“Oslo”')
    expect(await approval(page).locator('dd').first().textContent()).toBe('Oslo')
  })

  it('may have run if the answer is lost, so the page can only send the same decision again', async () => {
    agent.goOn = eventsAfterApproval
    const page = await browser.open(agent.url, { tolerateFaults: true })
    const lose = async (route: Route) => {
      await route.fetch()
      await route.abort()
    }
    const lost = async () => {
      const answer = await askForAlert(page)
      await page.route('**/api/chat/continue', lose)
      await button(page, 'Create alert').click()
      await page.getByRole('region', { name: 'No answer came' }).waitFor()
      await page.unroute('**/api/chat/continue', lose)
      return answer
    }
    const answer = await lost()
    expect(await page.locator('.pause-card').textContent()).not.toMatch(/Not sent|Don’t create/)
    await button(page, 'Send again').click()
    await answer.getByText('The alert is set.').waitFor()
    const [first, again] = agent.continued
    expect(again).toEqual(first)

    const other = await lost()
    await page.reload()
    await other.getByText('No answer came. What you approved may have been done.').waitFor()
    expect(await other.textContent()).not.toMatch(/nothing was changed|not called/)
  })

  it.each([
    [320, 480],
    [320, 640],
    [1280, 500],
  ])('has buttons that nothing covers in a window of %i × %i pixels', async (width, height) => {
    const page = await browser.open(agent.url, { viewport: { width, height } })
    await askForAlert(page)
    for (const name of ['Create alert', 'Don’t create']) {
      await button(page, name).scrollIntoViewIfNeeded()
      const box = await button(page, name).boundingBox()
      const [x, y] = [box?.x ?? 0, box?.y ?? 0].map(start => start + 15)
      expect(
        await page.evaluate(`document.elementFromPoint(${x}, ${y})?.closest('button')?.textContent`),
      ).toBe(name)
    }
  })

  it('expires, and can be asked for again', async () => {
    const page = await browser.open(agent.url)
    await page.clock.install()
    await page.reload()
    const answer = await ask(page, question)
    await approval(page).waitFor()
    await page.clock.runFor(10 * 60_000 + 1_000)
    await answer.getByText('Expired: not sent, and nothing was changed.').waitFor()
    expect(await approval(page).count()).toBe(0)
    expect(agent.continued).toEqual([])
    await answer.getByRole('button', { name: 'Ask again', exact: true }).click()
    await approval(page).waitFor()
  })

  it('leaves the focus where the user is writing', async () => {
    const ready = Promise.withResolvers<void>()
    agent.script = async (request, send) => {
      send(turnStart(request), ...eventsUntilPause(request).slice(0, -1))
      await ready.promise
      send(pauseEvent(request))
    }
    const page = await browser.open(agent.url)
    await ask(page, question)
    await page.getByLabel('Your question').pressSequentially('And in')
    ready.resolve()
    await approval(page).waitFor()
    await waitUntilPressable(page)
    await page.keyboard.type(' Rome?')
    expect(await page.getByLabel('Your question').inputValue()).toBe('And in Rome?')
  })

  it('keeps waiting if the agent is busy, and its card says why', async () => {
    agent.goOn = eventsAfterApproval
    const page = await browser.open(agent.url, { tolerateFaults: true })
    await askForAlert(page)
    agent.refusal = problem('AGENT_BUSY', { status: 503 })
    await button(page, 'Create alert').click()
    await approval(page).getByText('Title of AGENT_BUSY.').waitFor()
    agent.refusal = undefined
    await waitUntilPressable(page)
    await button(page, 'Create alert').click()
    await page.getByText('The alert is set.').waitFor()
  })
})

describe('several calls at once', () => {
  const changed = { title: 'Delete alert', arguments: { id: 'a7' } }
  const second = { ...alertCall, callId: 'c2', digest: 'd2', stepId: 'w2', ...changed }
  const decisions = () => agent.continued.map(one => one.decisions.map(({ decision }) => decision))

  async function askForTwo() {
    agent.answer(request => eventsUntilPause(request, { calls: [alertCall, second] }))
    agent.goOn = eventsAfterApproval
    const page = await browser.open(agent.url)
    await askForAlert(page, 'Approve all')
    return page
  }

  it('are decided one by one, and sent only when all are decided', async () => {
    const page = await askForTwo()
    await button(page, 'Create alert').click()
    await page.getByText('1 call not decided yet.').waitFor()
    await button(page, 'Go on as decided').click({ force: true })
    await button(page, 'Don’t delete').click()
    expect(decisions()).toEqual([])
    await button(page, 'Go on as decided').click()
    await page.getByText('The alert is set.').waitFor()
    expect(decisions()).toEqual([['approve', 'deny']])
    expect(agent.continued[0]?.decisions.map(({ callId }) => callId)).toEqual(['c1', 'c2'])
  })

  it('are all approved by the shortcut, but sent only by another button', async () => {
    const page = await askForTwo()
    await button(page, 'Approve all').click()
    expect(decisions()).toEqual([])
    await button(page, 'Go on as decided').click()
    await page.getByText('The alert is set.').waitFor()
    expect(decisions()).toEqual([['approve', 'approve']])
  })
})

describe.each([
  ['light', 1280],
  ['dark', 320],
] as const)('the cards in the %s theme, in a window %i pixels wide,', (colorScheme, width) => {
  it('have no violation that axe finds', async () => {
    const pauses = [
      { kind: 'step-up', claimsChallenge },
      { kind: 'consent', consent },
    ] as const
    agent.goOn = request => {
      const pause = pauses[agent.continued.length - 1]
      const steps = stepEvents([tcArrivalStep(`s${pause?.kind}`), toolStep('waiting')])
      return pause ? [...steps, pauseEvent(request, pause)] : eventsAfterApproval(request)
    }
    const page = await browser.open(agent.url, { colorScheme, viewport: { width, height: 800 } })
    await loadAxe(page)
    const see = (state: string) => examineState(page, allRules, state, `${colorScheme}, ${width}`)
    await askForAlert(page)
    await see('approval')
    await button(page, 'Create alert').click()
    await waitUntilPressable(page, 'Confirm it’s you')
    await see('step-up')
    await button(page, 'Cancel').click()
    await waitUntilPressable(page, 'Review and consent')
    await page.getByText('You may not consent yourself?').click()
    await see('consent')
    await button(page, 'Don’t consent').click()
    await page.getByText('The alert is set.').waitFor()
    await see('done')
  })
})

describe('a consent', () => {
  it('that Entra does not know yet makes the page try again after 1, 2, 4 and 8 seconds, and then tell the user', async () => {
    agent.answer(request => eventsUntilPause(request, { kind: 'consent', consent }))
    agent.goOn = request => [pauseEvent(request, { kind: 'consent', consent })]
    const page = await browser.open(agent.url)
    await page.clock.install()
    await page.reload()
    await askForAlert(page, 'Review and consent')
    // The page's time passes only in these steps, however long the test takes.
    await page.clock.pauseAt(Date.now() + 60_000)
    const afterStep = async () => {
      await page.clock.runFor(100)
      return agent.continued.length
    }
    await page.evaluate("new BroadcastChannel('consent:state-of-consent').postMessage({})")
    await expect.poll(afterStep).toBe(1)
    await page.getByText('Waiting until your consent takes effect…').waitFor()
    for (const [index, seconds] of [1, 2, 4, 8].entries()) {
      await page.clock.runFor(seconds * 1000 - 300)
      expect(agent.continued).toHaveLength(index + 1)
      await expect.poll(afterStep).toBe(index + 2)
    }
    await page.clock.resume()
    await page.getByText('Entra ID does not know of your consent yet.').waitFor()
    agent.goOn = eventsAfterApproval
    await button(page, 'Done, try again').click()
    await page.getByText('The alert is set.').waitFor()
  })

  it('names the tool that asked, and warns of words that the agent has read', async () => {
    agent.answer(request => eventsUntilPause(request, { kind: 'consent', consent }))
    const page = await browser.open(agent.url)
    await ask(page, question)
    const card = page.getByRole('region', { name: 'Let the agent use Weather API for you?' })
    await card.getByText('Create alert (create_alert)').waitFor()
    expect(await card.textContent()).toContain('If you did not ask for it, don’t consent')
  })

  it('cannot be reviewed from its card if the address is not one of Entra', async () => {
    const elsewhere = { ...consent, url: 'https://evil.example/authorize', adminUrl: 'https://evil.example/' }
    agent.answer(request => eventsUntilPause(request, { kind: 'consent', consent: elsewhere }))
    const page = await browser.open(agent.url)
    await askForAlert(page, 'Don’t consent')
    expect(await button(page, 'Review and consent').count()).toBe(0)
    expect(await page.getByText('evil.example').count()).toBe(0)
  })
})

it('in the view Side by side, a call that waits can be looked at, but not decided', async () => {
  const page = await browser.open(agent.url)
  await ask(page, question)
  await approval(page).waitFor()
  await page.getByRole('button', { name: 'Side by side' }).click()
  await page.getByText('Here it is only looked at: nothing is sent.').first().waitFor()
  expect(await page.locator('.pause-card').count()).toBe(0)
  await page.getByRole('button', { name: 'Conversation' }).click()
  await approval(page).waitFor()
  expect(agent.continued).toEqual([])
})
