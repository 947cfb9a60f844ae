import { readFile } from 'node:fs/promises'
import type { ChatRequest, TraceStep } from '@entra-agents/trace'
import { shortenIds } from '@entra-agents/trace-view/words/names'
import type { Locator, Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { identities } from '../support/identities.ts'
import { useBrowser } from './support/browser.ts'
import { ask, choose, openSteps, showToken, tracePane } from './support/steps.ts'
import {
  config,
  resultEvent,
  step,
  stepEvents,
  tokenStep,
  trace,
  traceFor,
  turnStart,
  userTokenStep,
} from './support/turns.ts'
import { useScriptedAgent } from './support/use-scripted-agent.ts'

const { ada, tenantId } = identities
const browser = useBrowser()
const answerAfter = (steps: readonly TraceStep[]) => (request: ChatRequest) => [
  ...stepEvents(steps),
  resultEvent(request, `Answer to ${request.message}`),
]
// Makes a new trace for each question, since the times in its tokens are relative to now.
const agent = await useScriptedAgent(request => answerAfter(trace())(request))

/** Makes the agent answer every question with the same steps. */
const answerWithSteps = (steps: readonly TraceStep[]) => agent.answer(answerAfter(steps))
/** Makes the agent answer the first question with these steps, and all others with others. */
const answerFirstWith = (first: readonly TraceStep[], others: readonly TraceStep[] = []) =>
  agent.answer(request => answerAfter(request.message === 'first' ? first : others)(request))

async function askAndWait(page: Page, question: string): Promise<void> {
  await (await ask(page, question)).getByText(`Answer to ${question}`).waitFor()
}

async function openTrace(url = agent.url): Promise<{ page: Page; pane: Locator; rows: Locator }> {
  const page = await browser.open(url)
  await askAndWait(page, 'first')
  const pane = tracePane(page)
  const rows = pane.locator('.step')
  await rows.first().waitFor()
  return { page, pane, rows }
}

describe('the trace', () => {
  it('belongs to an answer: selecting an older answer shows its trace again', async () => {
    answerFirstWith(trace())
    const { page, pane, rows } = await openTrace()
    expect(await rows.count()).toBe(5)
    await askAndWait(page, 'second')
    await pane.getByText('No step was taken for this question.').waitFor()
    await page.getByRole('button', { name: 'Show the trace of “first”' }).click()
    await pane.getByText('Call Weather API').waitFor()
  })

  it('grows while the turn goes on', async () => {
    const goOn = Promise.withResolvers<void>()
    const [first, ...rest] = trace()
    agent.script = async (request, send) => {
      send(turnStart(request))
      if (first) send({ event: 'step', data: { ...first, status: 'running' } })
      await goOn.promise
      send(...stepEvents(first ? [first, ...rest] : rest), resultEvent(request, 'Sunny.'))
    }
    const page = await browser.open(agent.url)
    await ask(page, 'first')
    await tracePane(page).getByText('The agent is asking for a token as itself.').waitFor()
    goOn.resolve()
    await expect.poll(() => tracePane(page).locator('.step').count()).toBe(5)
    await tracePane(page).getByText('The agent called Weather API as itself.').waitFor()
  })

  it('says at the top who called and what was checked', async () => {
    const { pane } = await openTrace()
    await pane.getByRole('heading', { name: 'The agent called Weather API as itself.' }).waitFor()
    expect(await pane.locator('.four > div').allInnerTexts()).toEqual([
      'Who called\nAgent identity\nazp bbbb…000b',
      'For whom\nItself\noid of the agent, no user',
      'By which right\nWeather.Read.All\nits own · roles',
      'Allowed by\nWeather API\n5 of 5 checks · 200',
    ])
    await pane.getByRole('group', { name: /^T1: Entra ID issues TR/ }).waitFor()
    await pane.getByText('no user is involved. Weather API checked TR and answered.').waitFor()
  })

  it('explains its terms in place', async () => {
    const { page, pane } = await openTrace()
    await pane.getByRole('button', { name: 'blueprint', exact: true }).click()
    await page.getByText('The application that agents are made from.').waitFor()
    await page.keyboard.press('Escape')
    await page.getByText('The application that agents are made from.').waitFor({ state: 'hidden' })
    await pane.getByRole('button', { name: 'sidecar', exact: true }).click()
    await page.getByText('so the agent holds no credential.').waitFor()
  })

  it.each([
    ['nobody', 'This agent is set up to show the trace to nobody'],
    ['signed-in', 'This agent shows the trace only to users who are signed in.'],
  ])('is replaced by a sentence on who may see the trace if `traceFor` is “%s”', async (traceFor, words) => {
    agent.config = { ...config, traceFor }
    answerWithSteps([])
    const page = await browser.open(agent.url)
    await ask(page, 'first')
    await page.getByText(words, { exact: false }).waitFor()
  })
})

describe('the sequence', () => {
  it('has a lane for every participant, and a dashed frame for what the agent did not see', async () => {
    answerWithSteps([step('m', 'agent', 'bedrock', { kind: 'model' }), ...trace()])
    const { page, pane } = await openTrace()
    await choose(page, 'Sequence')
    const lanes = await pane.locator('.lane-head > span:first-of-type').allTextContents()
    expect(lanes).toEqual(['You', 'Agent', 'Sidecar', 'Entra ID', 'Bedrock', 'Weather API'])
    const unseen = pane.getByRole('button', { name: 'Get T1, Sidecar to Entra ID, with T1, not seen' })
    expect(await unseen.locator('.hop-title').allTextContents()).toEqual(['Credential', 'Issue T1'])
    expect(await unseen.locator('.unseen-edge').count()).toBe(4)
    await pane.getByText('between sidecar and Entra ID: not seen by the agent.').first().waitFor()
    await unseen.click()
    await pane.getByText('The agent cannot see this hop, so it has no time').waitFor()
  })
})

describe('the steps', () => {
  it('show when each ran; those that the agent did not see have no time', async () => {
    const { pane } = await openTrace()
    const bar = pane.locator('.step-item').nth(3).locator('.time-span')
    expect(await bar.getAttribute('x2')).toMatch(/^19\.28/)
    const unseen = pane.locator('.step-item[data-status=not-observable]')
    expect(await unseen.locator('.time-span').count()).toBe(0)
    expect(await unseen.locator('.step-time').textContent()).toBe('not seen')
  })

  it('can be limited to those that match a search, and to those that failed', async () => {
    answerWithSteps(trace().map(one => (one.id === 's4' ? { ...one, status: 'failed' } : one)))
    const { page, pane, rows } = await openTrace()
    await rows.first().press('/')
    await page.keyboard.type('sidecar')
    await expect.poll(() => rows.count()).toBe(3)
    await pane.getByLabel('Search steps').fill('')
    await rows.first().press('f')
    await expect.poll(() => rows.count()).toBe(1)
    await page.getByLabel('Failed only').uncheck()
    await pane.getByRole('button', { name: '1 failed: Call Weather API, 200' }).click()
    await pane.locator('#step-4-details').waitFor()
  })

  it('can be walked through with the keyboard alone, whose keys are letters while the user types a question', async () => {
    const { page, pane, rows } = await openTrace()
    const focused = () => page.locator(':focus').getAttribute('id')
    await rows.first().focus()
    await page.keyboard.press('j')
    await page.keyboard.press('ArrowDown')
    expect(await focused()).toBe('step-3')
    await page.keyboard.press('k')
    expect(await focused()).toBe('step-2')
    await page.keyboard.press('End')
    expect(await focused()).toBe('step-5')
    await page.keyboard.press('ArrowDown')
    expect(await focused()).toBe('step-5')
    await page.keyboard.press('Home')
    await page.keyboard.press('Enter')
    expect(await rows.first().getAttribute('aria-expanded')).toBe('true')
    await page.keyboard.press(']')
    expect(await pane.locator('.step-more').count()).toBe(5)
    await page.keyboard.press('[')
    expect(await pane.locator('.step-more').count()).toBe(0)
    await page.keyboard.press('?')
    await page.getByRole('dialog', { name: 'Keys in the steps' }).waitFor()
    await page.keyboard.press('Escape')
    await page.getByRole('dialog').waitFor({ state: 'hidden' })
    await page.getByLabel('Your question').focus()
    await page.keyboard.type('jk[]?')
    expect(await page.getByLabel('Your question').inputValue()).toBe('jk[]?')
    expect(await pane.locator('.step-more').count()).toBe(0)
  })

  it('stay open in the view Sequence, where “Close all” closes them too', async () => {
    const { page } = await openTrace()
    await page.getByRole('button', { name: 'Open all' }).click()
    const details = page.locator('.step-more')
    const opened = await details.count()
    expect(opened).toBe(await page.locator('.step').count())
    await page.getByRole('radio', { name: 'Sequence' }).check()
    await page.locator('.lanes').waitFor()
    expect(await details.count()).toBe(opened)
    await page.getByRole('button', { name: 'Close all' }).click()
    await details.first().waitFor({ state: 'detached' })
    expect(await page.getByLabel('Search steps').count(), 'a list is searched, no picture').toBe(0)
  })

  it('can all be opened by one key, even the steps of a long trace that are not drawn yet', async () => {
    answerWithSteps(Array.from({ length: 300 }, (_, number) => tokenStep(`s${number}`)))
    const { page, rows } = await openTrace()
    await expect.poll(() => rows.count()).toBe(300)
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
    await expect.poll(() => tracePane(page).locator('.step-more').count()).toBe(300)
  })

  it('have an address: a link leads to the answer, the view and the step', async () => {
    const { page, pane, rows } = await openTrace()
    await askAndWait(page, 'second')
    await rows.nth(3).click()
    await expect.poll(() => new URL(page.url()).hash).toBe('#turn=2&view=steps&step=4&id=t1')
    await page.evaluate("location.hash = '#turn=1&view=sequence&step=3'")
    await page.getByRole('button', { name: 'Show the trace of “first”', pressed: true }).waitFor()
    await pane.locator('#step-3-details').waitFor()
    await page.reload()
    await pane.locator('#step-3-details').waitFor()
    await expect.poll(() => page.locator(':focus').getAttribute('id')).toBe('step-3')
    expect(await pane.locator('.lanes').count()).toBe(1)
  })

  it('stay closed if the address names an answer and a step that do not exist', async () => {
    const { pane } = await openTrace(`${agent.url}#turn=99&view=nothing&step=-1`)
    expect(await pane.locator('.step-more').count()).toBe(0)
  })
})

describe('the presenter', () => {
  it('explains the exchange one sentence at a time, and is controlled by the keyboard', async () => {
    const { page } = await openTrace()
    await page.getByRole('button', { name: 'Present' }).click()
    const presenter = page.getByRole('dialog', { name: 'Presenter' })
    await presenter.getByRole('heading', { name: 'You ask. The agent acts as itself.' }).waitFor()
    await page.keyboard.press('ArrowRight')
    await page.keyboard.press('PageDown')
    await presenter.getByRole('heading', { name: 'With T1, Entra ID issues TR.' }).waitFor()
    await page.keyboard.press('PageUp')
    await presenter.getByText('2 of 5').waitFor()
    await page.setViewportSize({ width: 430, height: 932 })
    await presenter.getByText('2 of 5').waitFor()
    await page.keyboard.press('Escape')
    await presenter.waitFor({ state: 'hidden' })
  })
})

describe('a token', () => {
  it('is opened by its plate or from its step, and shown with names, times and who checked it; Esc closes it', async () => {
    const { page, pane } = await openTrace()
    const card = await showToken(page, 'TR')
    await card.getByText('The agent identity acts as itself towards Weather API.').waitFor()
    await card.getByText(/60 min left · until/).waitFor()
    await card.getByText('Checked by Weather API, in its own words').waitFor()
    const facets = card.locator('.claim', { hasText: 'xms_act_fct' })
    expect(await facets.locator('.claim-value').textContent()).toBe('agent identity9 3 11')
    await card.getByRole('button', { name: /more, and what each claim means/ }).click()
    await card.getByText('The audience: who may accept this token, and nobody else.').waitFor()
    await page.keyboard.press('Escape')
    await card.waitFor({ state: 'hidden' })
    expect(await page.locator(':focus').getAttribute('data-token')).toBe('TR')
    await openSteps(page)
    await pane.getByRole('button', { name: 'What T1 says' }).click()
    const other = page.getByRole('region', { name: 'T1', exact: true })
    await other.getByText('The agent never sees T1.').waitFor()
  })

  it('is closed by Esc without stopping an answer that still runs; the next Esc stops it', async () => {
    const stopped = agent.neverEnd(...stepEvents(trace()))
    const page = await browser.open(agent.url)
    const answer = await ask(page, 'first')
    const card = await showToken(page, 'TR')
    await page.keyboard.press('Escape')
    await card.waitFor({ state: 'hidden' })
    await page.getByRole('button', { name: 'Stop' }).waitFor()
    expect(await answer.getByText('This answer was stopped.').count()).toBe(0)
    await page.keyboard.press('Escape')
    await stopped
    await answer.getByText('This answer was stopped.').waitFor()
  })

  it.each([
    ['behind', -1],
    ['ahead', 1],
  ])('expires by the agent’s clock, even if the browser’s clock is an hour %s', async (_which, hours) => {
    const page = await browser.open('about:blank')
    await page.addInitScript(`{
      const now = Date.now
      Date = class extends Date {
        constructor(...parts) { super(...(parts.length > 0 ? parts : [Date.now()])) }
        static now() { return now() + ${hours * 3_600_000} }
      }
    }`)
    await page.goto(agent.url)
    await askAndWait(page, 'first')
    const life = (await showToken(page, 'TR')).locator('.life')
    await life.getByText(/60 min left · until/).waitFor()
    await page.reload()
    await (await showToken(page, 'TR')).getByText(/60 min left · until/).waitFor()
    expect(await life.locator('.note').getAttribute('data-bad')).toBe('false')
  })

  it('is shown even with claims that no token should have, and a check that failed as failed', async () => {
    const odd = tokenStep('s1')
    Object.assign(odd.token?.claims ?? {}, { exp: -1e308, iat: 1e308, nbf: 'never', constructor: null })
    if (odd.token) odd.token.verifiedBy = [{ actor: 'agent', checks: [{ name: 'audience', ok: false }] }]
    answerWithSteps([odd])
    const { page, pane } = await openTrace()
    await pane.getByText('The agent rejected its token: the check of audience failed.').waitFor()
    const card = await showToken(page, 'TR')
    expect(await card.textContent()).toContain('Checked by the agentaudience failed')
    await card.getByRole('button', { name: /more, and what each claim means/ }).click()
    await card.getByText('-1e+308').waitFor()
    expect(await card.locator('.life').count()).toBe(0)
  })
})

describe('personal data and tenant', () => {
  const secrets = [ada.oid, tenantId, 'Demo <img']
  const secretsIn = (text: string | null) => secrets.filter(secret => text?.includes(secret))

  it('are hidden until the user reveals them, and are hidden again after a reload', async () => {
    const eventsFor = answerAfter([userTokenStep('s0'), ...traceFor(ada)])
    agent.script = async (request, send) =>
      send(turnStart({ ...request, flow: 'obo' }), ...eventsFor(request))
    const { page, pane } = await openTrace()
    const openAll = async () => {
      await openSteps(page)
      await showToken(page, 'Tc')
      await page.getByRole('button', { name: /more, and what each claim means/ }).click()
    }
    await openAll()
    expect(secretsIn(await pane.textContent())).toEqual([])
    await page.getByRole('button', { name: 'Reveal personal data and tenant' }).click()
    expect(secretsIn(await pane.textContent())).toEqual(secrets)
    await page.reload()
    await page.locator('.step').first().waitFor()
    await openAll()
    expect(secretsIn(await pane.textContent())).toEqual([])
  })

  it('are hidden in Compare too, where tokens of other answers stand beside those of the selected one', async () => {
    answerFirstWith([userTokenStep('s0'), ...traceFor(ada)], trace())
    const { page, pane } = await openTrace()
    await askAndWait(page, 'second')
    await choose(page, 'Compare')
    await page.getByLabel('What matters only').uncheck()
    const labels = await page.getByLabel('Left').locator('option').allTextContents()
    expect(labels).toEqual([
      'Tc · answer 1 · Autonomous',
      'TR · answer 1 · Autonomous',
      'TR · this answer · Autonomous',
    ])
    for (const label of labels) {
      await page.getByLabel('Left').selectOption({ label })
      expect(secretsIn(await pane.evaluate(it => it.outerHTML)), label).toEqual([])
    }
    await page.getByRole('button', { name: 'Reveal personal data and tenant' }).click()
    await page.getByLabel('Left').selectOption({ label: 'Tc · answer 1 · Autonomous' })
    expect(await pane.textContent()).toContain(`you${shortenIds(ada.oid)}`)
  })

  it('are hidden in the copied and in the downloaded trace as well', async () => {
    answerWithSteps([userTokenStep('s0'), ...trace()])
    const { page } = await openTrace()
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write'])
    await page.getByRole('button', { name: 'More' }).click()
    await page.getByRole('button', { name: 'Copy the trace as JSON' }).click()
    await page.getByRole('button', { name: 'Copied' }).waitFor()
    const copy = await page.evaluate<string>('navigator.clipboard.readText()')
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'Download the trace as JSON' }).click(),
    ])
    expect(await readFile(await download.path(), 'utf8')).toBe(copy)
    expect(JSON.parse(copy)).toHaveLength(6)
    expect(secretsIn(copy)).toEqual([])
  })
})

describe('a step that Entra or AWS logged too', () => {
  it('has ready queries for their logs, to be copied', async () => {
    const correlationId = '0af76519-16cd-43dd-8448-eb211c80319c'
    const tokenId = 'AbCdEfGhIjKlMnOpQrStUw'
    answerWithSteps([
      { ...tokenStep('s1'), logIds: { correlationId, tokenId } },
      { ...tokenStep('s2'), logIds: { awsRequestId: 'aws-1' } },
    ])
    const { page, pane } = await openTrace()
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write'])
    await openSteps(page)
    await pane.getByRole('button', { name: 'Copy the query for Entra’s sign-in logs' }).click()
    await pane.getByRole('button', { name: 'Copied' }).waitFor()
    const copied = await page.evaluate<string>('navigator.clipboard.readText()')
    const condition = `CorrelationId == "${correlationId}" or UniqueTokenIdentifier == "${tokenId}"`
    expect(copied).toContain(`where ${condition}`)
    await pane.locator('.step-more').getByText("contains(CloudTrailEvent, 'aws-1')").waitFor()
  })
})

describe('the view Compare', () => {
  it('shows of two tokens what stayed, what changed, and what the change means', async () => {
    answerWithSteps([userTokenStep('s0'), ...trace()])
    const { page, pane } = await openTrace()
    await choose(page, 'Compare')
    const row = (claim: string) =>
      pane.locator('tr[data-sign]', { has: page.getByText(claim, { exact: true }) })
    expect(await row('aud').getAttribute('data-sign')).toBe('changed')
    expect(await row('aud').locator('td').allTextContents()).toEqual([
      `blueprint${shortenIds(identities.blueprintAppId)}`,
      '≠changed',
      `Weather API${shortenIds(identities.weatherAppId)}`,
    ])
    await pane.getByText('Each token opens one door.').waitFor()
    const isCountedAsShown = async () => {
      const counts = await pane.locator('.tally > span').allTextContents()
      const total = counts.reduce((sum, text) => sum + Number(/\d+/.exec(text)), 0)
      expect(total).toBe(await pane.locator('tr[data-sign]').count())
    }
    await isCountedAsShown()
    expect(await row('uti').count()).toBe(0)
    await page.getByLabel('What matters only').uncheck()
    expect(await row('uti').getAttribute('data-sign')).toBe('added')
    await isCountedAsShown()
    await page.getByLabel('Right').selectOption({ label: 'Tc · this answer · Autonomous' })
    expect(await row('aud').getAttribute('data-sign')).toBe('same')
  })

  it('never offers a token that the agent did not see', async () => {
    const { page, pane } = await openTrace()
    await choose(page, 'Compare')
    await pane.getByText('There are no two tokens yet.').waitFor()
    answerWithSteps([userTokenStep('s0'), ...trace()])
    await askAndWait(page, 'second')
    await pane.getByText('Each token opens one door.').waitFor()
    const offered = await page.getByLabel('Left').locator('option').allTextContents()
    expect(offered.filter(label => label.startsWith('T1'))).toEqual([])
  })
})
