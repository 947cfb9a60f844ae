import type { TokenCard } from '@entra-agents/trace'
import { agentToken, toolRun } from '@entra-agents/trace-view/testing/trace'
import type { Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { useBrowser } from './support/browser.ts'
import { ask, choose, tracePane } from './support/steps.ts'
import { resultEvent, stepEvents, trace, userTokenStep } from './support/turns.ts'
import { useScriptedAgent } from './support/use-scripted-agent.ts'

const browser = useBrowser()
const agent = await useScriptedAgent(request => [
  ...stepEvents(trace()),
  resultEvent(request, `Answer to ${request.message}`),
])

const askAndWait = async (page: Page, question: string) =>
  (await ask(page, question)).getByText(`Answer to ${question}`).waitFor()

/** Notes each time that the exchange is played, and when its animations end; they are held, so that they do not end by themselves. */
const watchPlays = (isHeld: boolean) => `
  globalThis.plays = []
  new MutationObserver(changes => {
    for (const { target } of changes) {
      if (!target.matches('.verdict-box.play')) continue
      const animations = target.getAnimations({ subtree: true })
      if (${isHeld}) for (const animation of animations) animation.pause()
      plays.push(animations.map(({ effect }) => effect.getComputedTiming().endTime))
    }
  }).observe(document, { subtree: true, attributeFilter: ['class'] })`

async function openWatched(options = {}, isHeld = true): Promise<Page> {
  const page = await browser.open('about:blank', options)
  await page.addInitScript(watchPlays(isHeld))
  await page.goto(agent.url)
  return page
}

const countPlays = (page: Page) => page.evaluate<number>('plays.length')
const isPlaying = (page: Page) => page.locator('.verdict-box.play').count()

describe('the exchange', () => {
  it('is played when an answer has come in, for 1.8 seconds, until a key; then again only by Replay or its key', async () => {
    const page = await openWatched()
    await askAndWait(page, 'first')
    await expect.poll(() => countPlays(page)).toBe(1)
    const ends = await page.evaluate<number[]>('plays[0]')
    expect(Math.round(Math.max(...ends))).toBe(1_800)
    expect(ends.length).toBeGreaterThan(5)
    await page.getByLabel('Your question').press('r')
    await expect.poll(() => isPlaying(page)).toBe(0)
    await page.getByRole('button', { name: 'Replay' }).click()
    await expect.poll(() => countPlays(page)).toBe(2)
    await tracePane(page).getByRole('heading', { name: 'The agent called' }).click()
    await expect.poll(() => isPlaying(page)).toBe(0)
    await page.locator('.step').first().press('r')
    await expect.poll(() => countPlays(page)).toBe(3)
    await page.locator('.step').first().press('r')
    await expect.poll(() => countPlays(page)).toBe(4)

    await askAndWait(page, 'second')
    await expect.poll(() => countPlays(page)).toBe(5)
    await page.getByRole('button', { name: 'Show the trace of “first”' }).click()
    await page.getByRole('button', { name: 'Show the trace of “first”', pressed: true }).waitFor()
    await page.getByRole('button', { name: 'Show the trace of “second”' }).click()
    await page.getByRole('button', { name: 'Replay' }).waitFor()
    expect(await countPlays(page), 'not again for an earlier answer').toBe(5)
    await page.reload()
    await page.getByRole('button', { name: 'Replay' }).waitFor()
    await page.getByRole('button', { name: 'Replay' }).focus()
    expect(await countPlays(page), 'not after a reload').toBe(0)
  })

  it('waits with it until the trace is shown, if there is room for one pane only, and ends by itself', async () => {
    const page = await openWatched({ viewport: { width: 400, height: 800 } }, false)
    await askAndWait(page, 'first')
    expect(await countPlays(page)).toBe(0)
    await page.getByRole('tab', { name: 'Identity Trace' }).click()
    await expect.poll(() => countPlays(page)).toBe(1)
    await expect.poll(() => isPlaying(page)).toBe(0)
  })

  it('stands there at once, without Replay, if the system asks for reduced motion', async () => {
    const page = await openWatched({ reducedMotion: 'reduce' })
    await askAndWait(page, 'first')
    await tracePane(page).getByRole('heading', { name: 'The agent called' }).waitFor()
    expect(await page.getByRole('button', { name: 'Replay' }).count()).toBe(0)
    await page.locator('.step').first().press('r')
    expect((await page.evaluate<number[][]>('plays')).flat()).toEqual([])
    expect(await page.evaluate('document.getAnimations().length')).toBe(0)
  })
})

it('Of several rights in the token, the one that was used is told first, if the agent says what its tools need', async () => {
  const card: TokenCard = {
    ...agentToken,
    claims: { ...agentToken.claims, scp: 'Orders.Read Orders.Write' },
  }
  const tools = [{ name: 'get_order', arguments: {}, status: 'ok' }] as const
  agent.answer(request => [...stepEvents(trace(card)), resultEvent(request, 'Sunny.', { tools: [...tools] })])
  const page = await browser.open(agent.url)
  const needed = (name: string, permission: string) => ({
    name,
    api: 'orders-api',
    needs: { api: 'orders-api', permission, kind: 'scope' },
  })
  const asked: string[] = []
  await page.route('**/api/instructions?*', route => {
    asked.push(new URL(route.request().url()).search)
    return route.fulfill({
      json: { tools: [needed('get_order', 'Orders.Read'), needed('put_order', 'Orders.Write')] },
    })
  })
  await ask(page, 'first')
  const right = tracePane(page).locator('.strip > div', { hasText: 'By which right' })
  await right.getByText('also in the token: Orders.Write').waitFor()
  expect(await right.locator('dd').first().textContent()).toBe('Orders.Read')
  await (await ask(page, 'second')).getByText('Sunny.').waitFor()
  await right.getByText('also in the token: Orders.Write').waitFor()
  expect(asked, 'once for an agent and a flow').toEqual(['?agent=default&flow=autonomous'])

  // An earlier answer asks nothing, so that all rights count.
  await page.reload()
  await right.getByText('Orders.Read Orders.Write').waitFor()
  expect(asked.length).toBe(1)
})

it('More than three exchanges are told in one line for each API, without the cards of their tokens', async () => {
  const answerWith = (exchanges: number) => {
    const runs = Array.from({ length: exchanges }, (_, index) =>
      toolRun(`${index}`, { ...agentToken, fingerprint: `print-${index}` }),
    )
    const steps = [userTokenStep('s0'), ...runs.flat()]
    agent.answer(request => [...stepEvents(steps), resultEvent(request, `Answer to ${request.message}`)])
  }
  const page = await browser.open(agent.url, { viewport: { width: 1440, height: 900 } })
  await choose(page, 'As itself')
  answerWith(3)
  await askAndWait(page, 'three')
  const exchange = page.getByRole('region', { name: 'Exchange' })
  await expect.poll(() => exchange.locator('.formula').count()).toBe(3)
  answerWith(4)
  await askAndWait(page, 'four')
  await expect
    .poll(() => exchange.locator('.brief-exchange').allTextContents())
    .toEqual([expect.stringMatching(/^ ?T1 for TR × 4 ?Orders API/)])
  expect(await exchange.locator('.formula, button.plate').count()).toBe(0)
})

it('The verdict stays in view as one line while the steps are read, but not in a low window', async () => {
  const page = await browser.open(agent.url, { viewport: { width: 1280, height: 500 } })
  await askAndWait(page, 'first')
  const line = page.locator('.now')
  await page.locator('.step').last().focus()
  await line.getByText('The agent called Orders API as itself.').waitFor()
  expect((await line.locator('p').boundingBox())?.height).toBe(48)
  await page.locator('.step').first().focus()
  const [row, over] = [
    await page.locator('.step').first().boundingBox(),
    await line.locator('p').boundingBox(),
  ]
  expect(row?.y).toBeGreaterThanOrEqual((over?.y ?? 0) + (over?.height ?? 0))
  await page.setViewportSize({ width: 360, height: 225 })
  await expect.poll(() => line.isVisible()).toBe(false)
  await page.setViewportSize({ width: 1280, height: 500 })
  await choose(page, 'Compare')
  await expect.poll(() => line.count()).toBe(0)
})
