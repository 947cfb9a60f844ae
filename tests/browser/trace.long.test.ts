import type { TraceStep } from '@entra-agents/trace'
import { apiCall, ownToken } from '@entra-agents/trace-view/testing/trace'
import type { Page } from 'playwright-core'
import { expect, it } from 'vitest'
import { useBrowser } from './support/browser.ts'
import { ask, choose, showToken, tracePane } from './support/steps.ts'
import { config, problem, resultEvent, stepEvents, tokenStep, trace } from './support/turns.ts'
import { useScriptedAgent } from './support/use-scripted-agent.ts'

const browser = useBrowser()
const agent = await useScriptedAgent(request => [...stepEvents(trace()), resultEvent(request, 'Sunny.')])

async function askWithSteps(page: Page, steps: readonly TraceStep[]): Promise<void> {
  agent.answer(request => [...stepEvents(steps), resultEvent(request, 'Sunny.')])
  await (await ask(page, 'Where is order 7?')).getByText('Sunny.').waitFor()
}

it.each([
  ['nobody', 'This agent is set up to show the trace to nobody'],
  ['signed-in', 'This agent shows the trace only to users who are signed in.'],
])('if `traceFor` is “%s”, a sentence instead of the trace says who may see it', async (traceFor, words) => {
  agent.config = { ...config, traceFor }
  const page = await browser.open(agent.url)
  await askWithSteps(page, [])
  await page.getByText(words, { exact: false }).waitFor()
})

it('one key opens all steps of a long trace, even those that are not drawn yet', async () => {
  const page = await browser.open(agent.url)
  await askWithSteps(
    page,
    Array.from({ length: 300 }, (_, number) => tokenStep(`s${number}`)),
  )
  await expect.poll(() => page.locator('.step').count()).toBe(300)
  await choose(page, 'Compare')
  const drawn = page.evaluate<number>(`new Promise(resolve => {
    new MutationObserver((_changes, observer) => {
      const row = document.querySelector('.step')
      if (!row) return
      observer.disconnect()
      row.dispatchEvent(new KeyboardEvent('keydown', { key: ']', bubbles: true }))
      resolve(document.querySelectorAll('.step').length)
    }).observe(document.body, { childList: true, subtree: true })
  })`)
  await choose(page, 'Steps')
  expect(await drawn).toBeLessThan(300)
  await expect.poll(() => page.locator('.step-more').count()).toBe(300)
})

it('of thousands of steps only those are drawn that come into view, are sought, or are gone to by a key', async () => {
  const page = await browser.open(agent.url)
  const calls = Array.from({ length: 1_998 }, (_, number) => apiCall(`c${number}`, ownToken))
  await askWithSteps(page, [tokenStep('t'), ...calls, apiCall('last', ownToken, { status: 'failed' })])
  const rows = page.locator('.step')
  await rows.first().waitFor()
  await tracePane(page).getByText('2000 steps').waitFor()
  expect(await rows.count()).toBeLessThanOrEqual(200)
  await page.evaluate("document.querySelector('#pane-trace .scroll').scrollBy(0, 36 * 700)")
  await page.locator('#step-700').waitFor()
  await rows.first().press('End')
  await expect.poll(() => page.locator(':focus').getAttribute('id')).toBe('step-2000')
  await rows.first().press('f')
  await expect.poll(() => rows.count()).toBe(1)
  await page.keyboard.press('f')
  await page.evaluate("location.hash = '#turn=1&view=steps&step=1400'")
  await page.locator('#step-1400-details').waitFor()
  expect(await rows.count()).toBeLessThan(1_000)
})

it.each([
  ['behind', -1],
  ['ahead', 1],
])(
  'a token expires by the agent’s clock, even if the browser’s clock is an hour %s',
  async (_which, hours) => {
    const page = await browser.open('about:blank')
    await page.addInitScript(`{
    const now = Date.now
    Date = class extends Date {
      constructor(...parts) { super(...(parts.length > 0 ? parts : [Date.now()])) }
      static now() { return now() + ${hours * 3_600_000} }
    }
  }`)
    await page.goto(agent.url)
    await askWithSteps(page, trace())
    const life = (await showToken(page, 'TR')).locator('.life')
    await life.getByText(/60 min left of \d+ · until/).waitFor()
    await page.reload()
    await life.getByText(/60 min left of \d+ · until/).waitFor()
    expect(await life.locator('.fine').getAttribute('data-bad')).toBe('false')
  },
)

it('a denial has a tick for each check that its API reported, and no other', async () => {
  const names = ['signature', 'caller', 'permission']
  const checks = names.map(name => ({ name, ok: name !== 'permission' }))
  const refused = apiCall('s2', ownToken, {
    status: 'failed',
    response: { status: 403 },
    problem: problem('API_FORBIDDEN', { failedCheck: 'permission' }),
  })
  const page = await browser.open(agent.url)
  await askWithSteps(page, [
    tokenStep('s1', { ...ownToken, verifiedBy: [{ actor: 'orders-api', checks }] }),
    refused,
  ])
  await tracePane(page).getByText('2 of 3 · 403').waitFor()
  const ticks = tracePane(page).getByRole('img', {
    name: 'signature, caller passed; permission did not pass',
    exact: true,
  })
  expect(await ticks.locator('[data-check=passed]').count()).toBe(2)
  expect(await ticks.locator('[data-check=failed]').getAttribute('title')).toBe('permission')
})

it('a token is shown even with claims that no token should have, and a check that failed as failed', async () => {
  const odd = tokenStep('s1', {
    ...ownToken,
    verifiedBy: [{ actor: 'agent', checks: [{ name: 'audience', ok: false }] }],
  })
  Object.assign(odd.token?.claims ?? {}, { exp: -1e308, iat: 1e308, nbf: 'never', constructor: null })
  const page = await browser.open(agent.url)
  await askWithSteps(page, [odd])
  await tracePane(page).getByText('The agent rejected its token: the check of audience failed.').waitFor()
  const card = await showToken(page, 'TR')
  expect(await card.textContent()).toContain('audience: checked by the agent')
  expect(await card.getByRole('img').getAttribute('aria-label')).toBe('audience did not pass')
  await card.getByRole('button', { name: /more, and what each claim means/ }).click()
  await card.getByText('-1e+308').waitFor()
  expect(await card.locator('.life').count()).toBe(0)
})
