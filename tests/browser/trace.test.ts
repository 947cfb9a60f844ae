import { readFile } from 'node:fs/promises'
import type { TraceStep } from '@entra-bedrock-agent/identity-trace'
import type { Locator, Page } from 'playwright-core'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { identities } from '../support/identities.ts'
import { useBrowser } from './support/browser.ts'
import { ScriptedAgent } from './support/scripted-agent.ts'
import { ask, choose, openSteps, showToken, tracePane } from './support/steps.ts'
import {
  config,
  result,
  status,
  steps,
  tokenStep,
  trace,
  traceFor,
  turnStart,
  userTokenStep,
} from './support/turns.ts'

const browser = useBrowser()
let agent: ScriptedAgent

beforeAll(async () => {
  agent = await ScriptedAgent.start()
})
afterAll(() => agent?.close())
beforeEach(() => {
  agent.config = config
  agent.status = status
  answerWith(trace())
})

/** Makes the agent answer every question with the same steps. */
function answerWith(list: readonly TraceStep[]): void {
  agent.script = async (request, send) =>
    send(turnStart(request), ...steps(list), result(request, `Answer to ${request.message}`))
}

async function askAndWait(page: Page, question: string): Promise<void> {
  await (await ask(page, question)).getByText(`Answer to ${question}`).waitFor()
}

async function openTrace(url = agent.url): Promise<{ page: Page; pane: Locator; rows: Locator }> {
  const page = await browser.open(url)
  await askAndWait(page, 'first')
  const pane = tracePane(page)
  const rows = pane.locator('.row')
  await rows.first().waitFor()
  return { page, pane, rows }
}

describe('the trace', () => {
  it('belongs to an answer: selecting an older answer shows its trace again', async () => {
    agent.script = async (request, send) =>
      send(
        turnStart(request),
        ...(request.message === 'first' ? steps(trace()) : []),
        result(request, `Answer to ${request.message}`),
      )
    const { page, pane, rows } = await openTrace()
    expect(await rows.count()).toBe(5)
    await askAndWait(page, 'second')
    await pane.getByText('No step was taken for this question.').waitFor()
    await page.getByRole('button', { name: 'Show the trace of “first”' }).click()
    await pane.getByText('Call the weather API with TR').waitFor()
  })

  it('grows while the turn goes on', async () => {
    const goOn = Promise.withResolvers<void>()
    const [first, ...rest] = trace()
    agent.script = async (request, send) => {
      send(turnStart(request))
      if (first) send({ event: 'step', data: { ...first, status: 'running' } })
      await goOn.promise
      send(...steps(first ? [first, ...rest] : rest), result(request, 'Sunny.'))
    }
    const page = await browser.open(agent.url)
    await ask(page, 'first')
    await tracePane(page).getByText('running…').waitFor()
    goOn.resolve()
    await expect.poll(() => tracePane(page).locator('.row').count()).toBe(5)
    expect(await tracePane(page).getByText('running…').count()).toBe(0)
  })

  it('tells on top who called and what was checked', async () => {
    const { pane } = await openTrace()
    expect(await pane.locator('.story p').allTextContents()).toEqual([
      'The blueprint vouches for the agent identity at Entra ID, inside the sidecar, where the agent cannot look. Show T1',
      'The agent, as itself, called the Weather API; the Weather API checked 5 things. Show TR',
    ])
  })

  it.each([
    ['nobody', 'This agent is set up to show the trace to nobody'],
    ['signed-in', 'This agent shows the trace only to users who are signed in.'],
  ])('says so where the agent shows it to %s only', async (traceFor, words) => {
    agent.config = { ...config, traceFor }
    answerWith([])
    const page = await browser.open(agent.url)
    await ask(page, 'first')
    await page.getByText(words, { exact: false }).waitFor()
  })
})

describe('the sequence', () => {
  it('has a lane for everybody who takes part, and a dashed arrow without a time for what nobody saw', async () => {
    const { pane } = await openTrace()
    const lanes = await pane.locator('.lane-head > span:first-of-type').allTextContents()
    expect(lanes).toEqual(['You', 'Agent', 'Sidecar', 'Entra ID', 'Weather API'])
    const unseen = pane.locator('.step[data-status=not-observable]')
    expect(await unseen.locator('.step-status').textContent()).toBe('not seen')
    const dashes = await unseen
      .locator('.arrow')
      .evaluate(arrow => arrow.computedStyleMap().get('stroke-dasharray').toString())
    expect(dashes).not.toBe('none')
    await unseen.locator('.row').click()
    await unseen.getByText('The agent cannot see this hop, so it has no time').waitFor()
  })

  it('marks an arrow with the token that travels on it', async () => {
    const { pane } = await openTrace()
    const marks = await pane
      .locator('.step')
      .evaluateAll(list => list.map(it => it.querySelector('.mark text')?.textContent))
    expect(marks).toEqual([undefined, 'T1', 'TR', 'TR', 'TR'])
  })
})

describe('the steps', () => {
  it('show when each ran, nested under what caused it', async () => {
    const { page, pane } = await openTrace()
    await choose(page, 'Steps')
    expect(await pane.locator('.step').evaluateAll(list => list.map(it => it.dataset['depth']))).toEqual([
      '0',
      '1',
      '0',
      '0',
      '1',
    ])
    const bar = pane.locator('.step').nth(3).locator('.time-span')
    expect(await bar.getAttribute('x2')).toMatch(/^65\.85/)
    expect(await pane.locator('.step').nth(1).locator('.time-span').count()).toBe(0)
  })

  it('are named by what they carry, in both views', async () => {
    answerWith(trace().map(step => ({ ...step, title: 'A step' })))
    const { page, pane } = await openTrace()
    for (const [view, token] of [
      ['Steps', 'TR'],
      ['Sequence', 'with TR'],
    ] as const) {
      await choose(page, view)
      const name = `5 A step Weather API to Agent ${token} ok`
      await pane.getByRole('button', { name, exact: true }).waitFor()
    }
  })

  it('are walked with the keyboard alone', async () => {
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
    expect(await pane.locator('.step-facts').count()).toBe(5)
    await page.keyboard.press('[')
    expect(await pane.locator('.step-facts').count()).toBe(0)
    await page.keyboard.press('?')
    await page.getByRole('dialog', { name: 'Keys in the steps' }).waitFor()
    await page.keyboard.press('Escape')
    await page.getByRole('dialog').waitFor({ state: 'hidden' })
  })

  it('are all opened by the key, those of a long trace too that are not drawn yet', async () => {
    const [step] = trace()
    answerWith(Array.from({ length: 300 }, (_, number) => ({ ...step, id: `s${number}` }) as TraceStep))
    const page = await browser.open(agent.url)
    const drawn = page.evaluate<number>(`new Promise(resolve => {
      new MutationObserver((_changes, observer) => {
        const row = document.querySelector('.row')
        if (!row) return
        observer.disconnect()
        row.dispatchEvent(new KeyboardEvent('keydown', { key: ']', bubbles: true }))
        resolve(document.querySelectorAll('.row').length)
      }).observe(document.body, { childList: true, subtree: true })
    })`)
    await askAndWait(page, 'first')
    expect(await drawn).toBeLessThan(300)
    await expect.poll(() => tracePane(page).locator('.step-facts').count()).toBe(300)
  })

  it('keep their keys to themselves: a question may hold any of them', async () => {
    const { page, pane } = await openTrace()
    await page.getByLabel('Your question').focus()
    await page.keyboard.type('jk[]?')
    expect(await page.getByLabel('Your question').inputValue()).toBe('jk[]?')
    expect(await pane.locator('.step-facts').count()).toBe(0)
  })

  it('have an address: a link leads to the answer, the view and the step', async () => {
    const { page, pane, rows } = await openTrace()
    await askAndWait(page, 'second')
    await choose(page, 'Steps')
    await rows.nth(3).click()
    await expect.poll(() => new URL(page.url()).hash).toBe('#turn=2&view=steps&step=4&id=t1')
    await page.evaluate("location.hash = '#turn=1&view=sequence&step=3'")
    await pane
      .getByText('“first”')
      .or(pane.locator('q', { hasText: 'first' }))
      .waitFor()
    await pane.locator('#step-3-details').waitFor()
    await page.reload()
    await pane.locator('#step-3-details').waitFor()
    await expect.poll(() => page.locator(':focus').getAttribute('id')).toBe('step-3')
    expect(await pane.locator('.lane-heads').count()).toBe(1)
  })

  it('ignore an address that leads nowhere', async () => {
    const { pane } = await openTrace(`${agent.url}#turn=99&view=nothing&step=-1`)
    expect(await pane.locator('.step-facts').count()).toBe(0)
  })
})

describe('a token', () => {
  it('is shown with names, meanings, times and who verified it', async () => {
    const { page } = await openTrace()
    const card = await showToken(page, 'TR')
    await card.getByText('Verified by the Weather API').waitFor()
    expect(await card.textContent()).toContain('The agent identity acts as itself towards the Weather API.')
    await card.getByText(/Expires in \d+ minutes/).waitFor()
    await card.getByText('11 claims').click()
    await card.getByText('The audience: the only API that may accept this token.').waitFor()
    const facets = card.locator('.claim', { hasText: 'xms_act_fct' })
    expect(await facets.locator('.claim-value').textContent()).toBe('agent identity9 3 11')
  })

  it('is shown once, and referred to afterwards', async () => {
    const { page, pane } = await openTrace()
    await openSteps(page)
    expect(await pane.locator('.token[data-role=TR]').count()).toBe(1)
    await pane.getByText('The same token as in').getByRole('button', { name: 'step 3' }).click()
    await expect.poll(() => page.locator(':focus').getAttribute('id')).toBe('step-3')
  })

  it('is said to be for the API that was called, where another one has the same app id', async () => {
    const tools = { name: 'weather-tools', title: 'weather-tools MCP server', appId: identities.weatherAppId }
    agent.config = { ...config, apis: [...config.apis, tools] }
    const { page, pane } = await openTrace()
    const card = await showToken(page, 'TR')
    await card.getByText('The agent identity acts as itself towards the Weather API.').waitFor()
    await card.getByText('11 claims').click()
    expect(await card.locator('.claim', { hasText: 'aud' }).locator('.stands-for').textContent()).toBe(
      'Weather API',
    )
    answerWith(traceFor(identities.ada))
    await askAndWait(page, 'second')
    await choose(page, 'Compare')
    expect(await page.getByLabel('Left token').locator('option').allTextContents()).toEqual([
      'TR for Weather API · Autonomous · answer 1',
      'TR for Weather API · Autonomous · answer 2',
    ])
    expect(await pane.textContent()).not.toContain('MCP server')
  })

  it.each([
    ['behind', -1],
    ['ahead', 1],
  ])('expires by the agent’s clock, also where the browser’s is an hour %s', async (_which, hours) => {
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
    const validity = (await showToken(page, 'TR')).locator('.validity')
    await validity.getByText(/Expires in (59|60) minutes/).waitFor()
    await page.reload()
    await validity.getByText(/Expires in (59|60) minutes/).waitFor()
    expect(await validity.getAttribute('data-expired')).toBe('false')
  })

  it('stands what claims no token should have', async () => {
    const step = tokenStep('s1')
    Object.assign(step.token?.claims ?? {}, { exp: -1e308, iat: 1e308, nbf: 'never', constructor: null })
    answerWith([step])
    const { page } = await openTrace()
    const card = await showToken(page, 'TR')
    await card.getByText('13 claims').click()
    await card.getByText('-1e+308').waitFor()
    expect(await card.locator('.validity').count()).toBe(0)
  })

  it('shows a check that failed as failed', async () => {
    const step = tokenStep('s1')
    if (step.token) step.token.verifiedBy = [{ actor: 'agent', checks: [{ name: 'audience', ok: false }] }]
    answerWith([step])
    const { page, pane } = await openTrace()
    await pane.getByText('the agent found fault with audience').waitFor()
    expect(await (await showToken(page, 'TR')).textContent()).toContain(
      'Checked by the Agent: audience failed',
    )
  })
})

describe('personal data and tenant', () => {
  const secrets = [identities.ada.oid, identities.tenantId, 'Demo <img']

  async function shown(page: Page): Promise<string> {
    await openSteps(page)
    for (const summary of await page.locator('.token summary').all()) await summary.click()
    return (await tracePane(page).textContent()) ?? ''
  }

  it('are hidden until asked for, and again after a reload', async () => {
    answerWith([userTokenStep('s0'), ...trace()])
    const { page } = await openTrace()
    const hidden = await shown(page)
    for (const secret of secrets) expect(hidden).not.toContain(secret)
    await page.getByRole('button', { name: 'Reveal personal data and tenant' }).click()
    const revealed = (await tracePane(page).textContent()) ?? ''
    for (const secret of secrets) expect(revealed).toContain(secret)
    await page.reload()
    await page.locator('.row').first().waitFor()
    const again = await shown(page)
    for (const secret of secrets) expect(again).not.toContain(secret)
  })

  it('are hidden in Compare too, where tokens of other answers stand beside those of the selected one', async () => {
    agent.script = async (request, send) =>
      send(
        turnStart(request),
        ...steps(request.message === 'first' ? [userTokenStep('s0'), ...traceFor(identities.ada)] : trace()),
        result(request, `Answer to ${request.message}`),
      )
    const { page, pane } = await openTrace()
    await askAndWait(page, 'second')
    await choose(page, 'Compare')
    await page.getByLabel('What matters only').uncheck()
    const choice = page.getByLabel('Left token').locator('option')
    for (const value of await choice.evaluateAll(options => options.map(it => it.getAttribute('value')))) {
      await page.getByLabel('Left token').selectOption({ value })
      const hidden = await pane.evaluate(it => it.outerHTML)
      for (const secret of secrets) expect(hidden, value ?? '').not.toContain(secret)
    }
    expect(await choice.count()).toBeGreaterThan(2)
    await page.getByRole('button', { name: 'Reveal personal data and tenant' }).click()
    await page.getByLabel('Left token').selectOption({ label: 'Tc for blueprint · Autonomous · answer 1' })
    expect(await pane.textContent()).toContain(identities.ada.oid)
  })

  it('are hidden in the copy and in the file as well', async () => {
    answerWith([userTokenStep('s0'), ...trace()])
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
    const file = await readFile(await download.path(), 'utf8')
    expect(file).toBe(copy)
    expect(JSON.parse(copy)).toHaveLength(6)
    for (const secret of secrets) expect(copy).not.toContain(secret)
  })
})

describe('a step that others logged too', () => {
  it('has ready queries for their logs, to be copied', async () => {
    const logIds = {
      correlationId: '0af76519-16cd-43dd-8448-eb211c80319c',
      tokenId: 'AbCdEfGhIjKlMnOpQrStUw',
    }
    answerWith([
      { ...tokenStep('s1'), logIds },
      { ...tokenStep('s2'), logIds: { awsRequestId: 'aws-1' } },
    ])
    const { page, pane } = await openTrace()
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write'])
    await openSteps(page)
    await pane.getByRole('button', { name: 'Copy the query for Entra’s sign-in logs' }).click()
    await pane.getByRole('button', { name: 'Copied' }).waitFor()
    const copied = await page.evaluate<string>('navigator.clipboard.readText()')
    expect(copied).toContain(
      `where CorrelationId == "${logIds.correlationId}" or UniqueTokenIdentifier == "${logIds.tokenId}"`,
    )
    await pane.getByText("contains(CloudTrailEvent, 'aws-1')").waitFor()
  })
})

describe('two tokens', () => {
  it('are compared: what stayed, what changed, and what it means', async () => {
    answerWith([userTokenStep('s0'), ...trace()])
    const { page, pane } = await openTrace()
    await choose(page, 'Compare')
    const row = (claim: string) =>
      pane.locator('tr[data-verdict]', { has: page.getByText(claim, { exact: true }) })
    expect(await row('aud').getAttribute('data-verdict')).toBe('changed')
    expect(await row('aud').locator('td').allTextContents()).toEqual([
      `blueprint${identities.blueprintAppId.slice(0, 8)}…`,
      `Weather API${identities.weatherAppId.slice(0, 8)}…`,
    ])
    await pane.getByText('Each token opens one door.').waitFor()
    expect(await row('uti').count()).toBe(0)
    await page.getByLabel('What matters only').uncheck()
    expect(await row('uti').getAttribute('data-verdict')).toBe('added')
    await page.getByLabel('Right token').selectOption({ label: 'Tc for blueprint · Autonomous · answer 1' })
    expect(await row('aud').getAttribute('data-verdict')).toBe('same')
  })

  it('are never compared with one that nobody saw, unless it is chosen, and then nothing is said to be missing', async () => {
    const claims = { aud: 'fb60f99c-7a34-4190-8149-302f77469936', tid: identities.tenantId, idtyp: 'app' }
    const list = trace().map(step =>
      step.token?.role === 'T1' ? { ...step, token: { ...step.token, claims } } : step,
    )
    answerWith(list)
    const { page, pane } = await openTrace()
    await choose(page, 'Compare')
    await pane.getByText('There are no two tokens yet.').waitFor()
    answerWith([userTokenStep('s0'), ...list])
    await askAndWait(page, 'second')
    await pane.getByText('Each token opens one door.').waitFor()
    await page.getByLabel('Left token').selectOption({
      label: 'T1 for Entra token exchange · not observed',
    })
    await pane.getByText('T1 was not observed, so nothing is counted as a difference.').waitFor()
    await page.getByLabel('What matters only').uncheck()
    const scopes = pane.locator('tr[data-verdict]', { hasText: 'roles' })
    expect(await scopes.locator('td').allTextContents()).toEqual(['not observed', 'Weather.Read.All'])
    expect(await pane.locator('.comparison').textContent()).not.toMatch(/left only|right only|changed|same/)
  })

  it('are asked for where there are none', async () => {
    answerWith([])
    const page = await browser.open(agent.url)
    await askAndWait(page, 'first')
    await choose(page, 'Compare')
    await page.getByText('There are no two tokens yet.').waitFor()
  })
})
