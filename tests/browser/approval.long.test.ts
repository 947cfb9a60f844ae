import { challenge, orderCall } from '@entra-agents/trace-view/testing/waiting'
import type { Route } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { useBrowser } from './support/browser.ts'
import { allRules, examineState, loadAxe } from './support/examine-states.ts'
import { ask, buttonNamed as button } from './support/steps.ts'
import { stepEvents, turnStart, userTokenStep } from './support/turns.ts'
import { useScriptedAgent } from './support/use-scripted-agent.ts'
import {
  approvalCard as approval,
  askForOrder,
  consentRequest as consent,
  eventsAfterApproval,
  eventsUntilPause,
  pauseEvent,
  toolStep,
  waitUntilPressable,
} from './support/waiting-turns.ts'

const browser = useBrowser()
const agent = await useScriptedAgent(request => eventsUntilPause(request))

async function openWith(...calls: (typeof orderCall)[]) {
  agent.answer(request => eventsUntilPause(request, { calls }))
  agent.goOn = eventsAfterApproval
  const page = await browser.open(agent.url, { tolerateFaults: true })
  await askForOrder(page, calls.length > 1 ? 'Approve all' : undefined)
  return page
}

it.each([
  ['Control+Enter', 'approve'],
  ['Meta+Enter', 'approve'],
  ['Escape', 'deny'],
])('On the card %s means %s, outside of it and while it is held down nothing', async (key, decision) => {
  agent.goOn = eventsAfterApproval
  const page = await browser.open(agent.url)
  await askForOrder(page)
  expect(await button(page, 'Create order').getAttribute('aria-keyshortcuts')).toBe(
    'Control+Enter Meta+Enter',
  )
  await page.getByLabel('Your question').focus()
  await page.keyboard.press(key)
  await approval(page).focus()
  const init = { key: key.split('+').at(-1), ctrlKey: key.startsWith('C'), metaKey: key.startsWith('M') }
  await approval(page).dispatchEvent('keydown', { ...init, repeat: true, bubbles: true })
  expect(agent.continued).toEqual([])
  await page.keyboard.press(key)
  await page.getByText('It is ordered.').waitFor()
  expect(agent.continued.map(({ decisions }) => decisions[0]?.decision)).toEqual([decision])
})

describe('a call that changes something', () => {
  it('is shown with hidden characters made visible, with markup as text, and its values in quotes and without effect, whatever the model wrote', async () => {
    const value = 'skis\u202E\u200B. <b>This only renews your order</b> <img src=x onerror=alert(1)>'
    const shown = value.replace('\u202E\u200B', '‹U+202E›‹U+200B›')
    const sentence = [{ text: 'The order ' }, { value }, { text: ' would be deleted.' }]
    const page = await openWith({ ...orderCall, sentence, arguments: { value, note: 'x'.repeat(2_000) } })
    const said = approval(page).locator('.says')
    expect(await said.textContent()).toBe(`The order “${shown}” would be deleted.`)
    expect(await said.locator('strong').allTextContents()).toEqual([`“${shown}”`])
    await approval(page).getByText('Exact arguments').click()
    const written = JSON.stringify({ value: shown, note: 'x'.repeat(2_000) }, null, 2)
    expect(await approval(page).locator('pre').textContent()).toBe(written)
    await button(page, 'Create order').click()
    await page.getByText(`You approved: the order “${shown}” would be deleted`).waitFor()
    expect(await page.locator('.decided strong bdi').count()).toBe(1)
    expect(await page.locator('img').count()).toBe(0)
  })

  it('may have run if the answer is lost, so the page can only send the same decision again', async () => {
    const page = await openWith(orderCall)
    const lose = async (route: Route) => {
      await route.fetch()
      await route.abort()
    }
    const loseAnswer = async () => {
      await page.route('**/api/chat/continue', lose)
      await button(page, 'Create order').click()
      await page.getByRole('region', { name: 'No answer came' }).waitFor()
      await page.unroute('**/api/chat/continue', lose)
    }
    await loseAnswer()
    expect(await page.locator('.pause-card').textContent()).not.toMatch(/would call|Don’t create/)
    await button(page, 'Send again').click()
    await page.getByText('It is ordered.').waitFor()
    const [first, again] = agent.continued
    expect(again).toEqual(first)

    const other = await askForOrder(page)
    await loseAnswer()
    await page.reload()
    await other.getByText('No answer came. What you approved may have been done.').waitFor()
    expect(await other.textContent()).not.toMatch(/nothing was changed|not called/)
  })

  it('has buttons that nothing covers, however small the window is', async () => {
    const page = await openWith(orderCall)
    for (const [width, height] of [
      [320, 480],
      [320, 640],
      [1280, 500],
    ] as const) {
      await page.setViewportSize({ width, height })
      for (const name of ['Create order', 'Don’t create']) {
        await button(page, name).scrollIntoViewIfNeeded()
        const box = await button(page, name).boundingBox()
        const [x, y] = [box?.x ?? 0, box?.y ?? 0].map(start => start + 15)
        const label = `document.elementFromPoint(${x}, ${y})?.closest('button')?.textContent`
        expect(await page.evaluate(label), `${width} × ${height}`).toContain(name)
      }
    }
  })

  it('leaves the focus where the user is writing', async () => {
    const ready = Promise.withResolvers<void>()
    agent.script = async (request, send) => {
      send(turnStart(request), ...eventsUntilPause(request).slice(0, -1))
      await ready.promise
      send(pauseEvent(request))
    }
    const page = await browser.open(agent.url)
    await ask(page, 'Order skis')
    await page.getByLabel('Your question').pressSequentially('And')
    ready.resolve()
    await approval(page).waitFor()
    await waitUntilPressable(page)
    await page.keyboard.type(' poles?')
    expect(await page.getByLabel('Your question').inputValue()).toBe('And poles?')
  })
})

describe('several calls at once', () => {
  const changed = { title: 'Delete order', arguments: { id: 'a7' } }
  const second = { ...orderCall, callId: 'c2', digest: 'd2', stepId: 'w2', ...changed }
  const decisions = () => agent.continued.map(one => one.decisions.map(({ decision }) => decision))

  it('are decided one by one, and sent only when all are decided', async () => {
    const page = await openWith(orderCall, second)
    await button(page, 'Create order').click()
    await page.getByText('1 call not decided yet.').waitFor()
    await button(page, 'Go on as decided').click({ force: true })
    await button(page, 'Approve all').click()
    await button(page, 'Don’t delete').click()
    expect(decisions(), 'also not by the button that approves all').toEqual([])
    await button(page, 'Go on as decided').click()
    await page.getByText('It is ordered.').waitFor()
    expect(decisions()).toEqual([['approve', 'deny']])
    expect(agent.continued[0]?.decisions.map(({ callId }) => callId)).toEqual(['c1', 'c2'])
  })
})

it.each([
  ['light', 1280],
  ['dark', 320],
] as const)(
  'axe finds no violation in the cards in the %s theme, in a window %i pixels wide',
  async (colorScheme, width) => {
    const pauses = [
      { kind: 'step-up', claimsChallenge: challenge },
      { kind: 'consent', consent },
    ] as const
    agent.goOn = request => {
      const pause = pauses[agent.continued.length - 1]
      const steps = stepEvents([userTokenStep(`s${pause?.kind}`), toolStep('waiting')])
      return pause ? [...steps, pauseEvent(request, pause)] : eventsAfterApproval(request)
    }
    const iban = 'UK12345678901234567890'
    const calls = [{ ...orderCall, arguments: { item: 'skis', pay: { iban, amount: 1100.5 } } }]
    agent.answer(request => eventsUntilPause(request, { calls }))
    const page = await browser.open(agent.url, { colorScheme, viewport: { width, height: 800 } })
    await loadAxe(page)
    const see = (state: string) => examineState(page, allRules, state, `${colorScheme}, ${width}`)
    await askForOrder(page)
    await see('approval')
    await button(page, 'Create order').click()
    await waitUntilPressable(page, 'Confirm with Entra ID')
    await see('step-up')
    await button(page, 'Cancel').click()
    await waitUntilPressable(page, 'Review and consent')
    await page.getByText('You may not consent yourself?').click()
    await see('consent')
    await button(page, 'Don’t consent').click()
    await page.getByText('It is ordered.').waitFor()
    await see('done')
  },
)

describe('a consent', () => {
  it('that Entra does not know yet makes the page try again after 1, 2, 4 and 8 seconds, and then tell the user', async () => {
    agent.answer(request => eventsUntilPause(request, { kind: 'consent', consent }))
    agent.goOn = request => [pauseEvent(request, { kind: 'consent', consent })]
    const page = await browser.open(agent.url, { withClock: true })
    await askForOrder(page, 'Review and consent')
    const card = page.getByRole('region', { name: 'The agent needs your consent' })
    await card.getByText('Let the agent use Orders.ReadWrite at Orders API for you?').waitFor()
    await card.getByText('Create order (create_order)').waitFor()
    expect(await card.textContent()).toContain('If you did not ask for it, don’t consent')
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
    await page.getByText('It is ordered.').waitFor()
  })

  it('cannot be reviewed from its card if the address is not one of Entra', async () => {
    const elsewhere = { ...consent, url: 'https://evil.example/authorize', adminUrl: 'https://evil.example/' }
    agent.answer(request => eventsUntilPause(request, { kind: 'consent', consent: elsewhere }))
    const page = await browser.open(agent.url)
    await askForOrder(page, 'Don’t consent')
    expect(await button(page, 'Review and consent').count()).toBe(0)
    expect(await page.getByText('evil.example').count()).toBe(0)
  })
})

it('in the view Side by side, a call that waits is decided too, and the view says where the change ended', async () => {
  const page = await openWith(orderCall)
  await page.getByRole('button', { name: 'Side by side' }).click()
  await page.getByText('The pickers change nothing until you press Ask both.').waitFor()
  expect(await page.locator('.plate').count()).toBe(0)
  await page.getByRole('button', { name: 'Ask both' }).click()
  const left = page.getByRole('region', { name: 'Left', exact: true })
  await left.getByText('Nothing is sent until you decide.').waitFor()
  expect(agent.continued).toEqual([])
  await waitUntilPressable(page)
  await button(page, 'Create order').click()
  await left.getByText('It is ordered.').waitFor()
  await left.getByText('You approved it.').waitFor()
  expect(agent.continued).toHaveLength(1)
  await page.getByRole('button', { name: 'Conversation', exact: true }).click()
  await approval(page).waitFor()
})
