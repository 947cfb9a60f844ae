import type { ChatRequest, TraceStep } from '@entra-agents/trace'
import { tenantId } from '@entra-agents/trace-view/testing/public-config'
import { step, userId } from '@entra-agents/trace-view/testing/trace'
import type { Locator, Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { useBrowser } from './support/browser.ts'
import { ask, choose, openSteps, showToken, tracePane } from './support/steps.ts'
import { config, resultEvent, stepEvents, trace, traceForUser, turnStart } from './support/turns.ts'
import { useScriptedAgent } from './support/use-scripted-agent.ts'

const browser = useBrowser()
const answerAfter = (steps: readonly TraceStep[]) => (request: ChatRequest) => [
  ...stepEvents(steps),
  resultEvent(request, `Answer to ${request.message}`),
]
// Makes a new trace for each question, since the times in its tokens are relative to now.
const agent = await useScriptedAgent(request => answerAfter(trace())(request))

/** Answers the first question on behalf of the user, with these steps, and all others as the agent itself. */
function answerFirstForUser(steps: readonly TraceStep[] = traceForUser()): void {
  agent.script = async (request, send) => {
    const isFirst = request.message === 'first'
    send(turnStart(isFirst ? { ...request, flow: 'obo' } : request))
    send(...answerAfter(isFirst ? steps : trace())(request))
  }
}

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

/** Rows far outside the view have no text, and rows just inside only after a frame. */
const countRendered = (parts: Locator) =>
  parts.evaluateAll(all => all.filter(one => one.checkVisibility({ contentVisibilityAuto: true })).length)

const expandClaims = (page: Page) =>
  page.getByRole('button', { name: /more, and what each claim means/ }).click()

describe('the trace', () => {
  it('is read in each of its views, as the golden text says', async () => {
    const logIds = { correlationId: '0af76519', tokenId: 'AbCdEf' }
    const [arrival, request, ...rest] = traceForUser()
    const model = step('m', { kind: 'model', to: 'bedrock', logIds: { awsRequestId: 'aws-1' } })
    answerFirstForUser([arrival, { ...request, logIds }, ...rest, model] as TraceStep[])
    const { page, pane, rows } = await openTrace()
    const seen: string[] = []
    const read = async (view: string, region = pane.locator('.trace-body')) => {
      const [shown = ''] = await region.allInnerTexts()
      const text = shown.replaceAll(/\s*\n\s*/g, '\n').trim()
      seen.push(
        `# ${view}\n${text.replaceAll(/\w+ \d+, 20.*[AP]M\n\d+|\d\d:\d\d:\d\d(?=, by)/g, '(time)')}\n`,
      )
    }
    await read('Steps')
    for (const role of ['Tc', 'T1', 'TR'] as const) {
      const card = await showToken(page, role)
      if (role === 'TR') await expandClaims(page)
      await read(`The card of ${role}`, card)
      await page.keyboard.press('Escape')
      await card.waitFor({ state: 'hidden' })
      expect(await page.locator(':focus').getAttribute('data-token')).toBe(role)
    }
    await openSteps(page)
    const details = page.locator('.step-more')
    await expect.poll(() => countRendered(details)).toBe(await rows.count())
    await read('Steps, all open', pane.locator('.steps'))
    const opened = await details.count()
    await choose(page, 'Sequence')
    await page.locator('.lanes').waitFor()
    expect(await details.count(), 'the details stay open').toBe(opened)
    await rows.first().press('[')
    await details.first().waitFor({ state: 'detached' })
    await read('Sequence', pane.locator('.steps-card'))
    await choose(page, 'Compare')
    await pane.locator('.compared').waitFor()
    await read('Compare', pane.locator('.frame', { has: page.locator('.compared') }))
    await expect(seen.join('\n')).toMatchFileSnapshot('trace.txt')
  })

  it('links to what Entra saw and to the trace, in the verdict, the sequence and the details, if the configuration says where they are', async () => {
    const links = (pane: Locator, name: string) =>
      pane
        .getByRole('link', { name })
        .evaluateAll(all =>
          all.map(one => ['href', 'target', 'rel'].map(name => one.getAttribute(name)).join(' ')),
        )
    const [request, ...rest] = trace()
    const answerWith = (logIds: object, traceId: string) => {
      agent.script = async (asked, send) => {
        send(turnStart(asked, { traceId }))
        send(...answerAfter([{ ...request, logIds }, ...rest] as TraceStep[])(asked))
      }
    }
    answerWith({ correlationId: 'c-1', tokenId: 'u_1' }, 'f00d')
    const unlinked = await openTrace()
    await openSteps(unlinked.page)
    expect(await unlinked.pane.getByRole('link', { name: /^(What Entra saw|Open trace)$/ }).count()).toBe(0)

    const entraLogUrl = 'https://logs.example/?c={correlationId}&t={tokenId}&at={time}'
    agent.config = { ...config, entraLogUrl, traceUrl: 'https://traces.example/{traceId}' }
    const { page, pane } = await openTrace()
    const newTab = '_blank noopener noreferrer'
    const saw = `https://logs.example/?c=c-1&t=u_1&at=2026-11-25T10%3A00%3A00.000Z ${newTab}`
    await pane.getByRole('button', { name: 'What Entra saw' }).click()
    const panel = page.getByRole('region', { name: 'What Entra saw' })
    await panel.getByText('CorrelationId == "c-1"').waitFor()
    expect(await links(panel, 'Open Entra’s log')).toEqual([saw])
    await page.keyboard.press('Escape')
    expect(await links(pane, 'Open trace')).toEqual([`https://traces.example/f00d ${newTab}`])
    await openSteps(page)
    // The request itself, and the hop behind it that nobody saw.
    expect(await links(pane, 'What Entra saw')).toEqual([saw, saw])
    await choose(page, 'Sequence')
    await page.locator('.lanes').waitFor()
    expect(await links(pane.locator('.steps-card > .legend'), 'What Entra saw')).toEqual([saw])

    answerWith({ correlationId: '../../c"><img>', tokenId: 'javascript:alert(1)' }, '..')
    const hostile = await openTrace()
    expect(await links(hostile.pane, 'Open trace')).toEqual([])
    expect(await links(hostile.pane, 'What Entra saw')).toEqual([])
    await hostile.pane.getByRole('button', { name: 'What Entra saw' }).click()
    await hostile.page.getByText('UniqueTokenIdentifier == "javascript:alert(1)"').waitFor()
    expect(await hostile.pane.getByRole('link', { name: 'Open Entra’s log' }).count()).toBe(0)
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
    await tracePane(page).getByText('The agent is getting a token of its own.').waitFor()
    goOn.resolve()
    await expect.poll(() => tracePane(page).locator('.step').count()).toBe(5)
    await tracePane(page).getByText('The agent called Orders API as itself.').waitFor()
    await choose(page, 'Compare')
    await tracePane(page).getByText('There are no two tokens yet.').waitFor()
  })

  it('shows one line of a call that has thousands of letters while its step is closed', async () => {
    const call = { name: 'a'.repeat(3_000), arguments: { b: 'c'.repeat(4_000) } }
    agent.answer(answerAfter([...trace(), step('l', { tool: call }), step('m', { tool: call })]))
    const { rows } = await openTrace()
    const heightOf = async () => (await rows.last().locator('.step-title').boundingBox())?.height ?? 0
    expect(await heightOf()).toBeLessThanOrEqual(24)
    await rows.last().click()
    expect(await heightOf()).toBeGreaterThan(200)
  })

  it('shows its steps by keys alone, limited to a search or to failures; keys are letters while the user types a question', async () => {
    agent.answer(answerAfter(trace().map(one => (one.id === 's4' ? { ...one, status: 'failed' } : one))))
    const { page, pane, rows } = await openTrace()
    const press = async (...keys: string[]) => {
      for (const key of keys) await page.keyboard.press(key)
      return page.locator(':focus').getAttribute('id')
    }
    await rows.first().focus()
    expect(await press('j', 'ArrowDown')).toBe('step-3')
    expect(await press('k')).toBe('step-2')
    expect(await press('End', 'ArrowDown')).toBe('step-5')
    expect(await press('Home', 'Enter')).toBe('step-1')
    expect(await rows.first().getAttribute('aria-expanded')).toBe('true')
    await press(']')
    expect(await pane.locator('.step-more').count()).toBe(5)
    await press('[')
    expect(await pane.locator('.step-more').count()).toBe(0)
    await press('?')
    await page.getByRole('dialog', { name: 'Keys' }).waitFor()
    await press('Escape')
    await page.getByRole('dialog').waitFor({ state: 'hidden' })
    await press('/')
    await page.keyboard.type('sidecar')
    await expect.poll(() => rows.count()).toBe(3)
    await pane.getByLabel('Search steps').fill('')
    await rows.first().press('f')
    await expect.poll(() => rows.count()).toBe(1)
    await page.getByRole('button', { name: 'Failed only', pressed: true }).click()
    await pane.getByRole('button', { name: /^1 failed ?: Call Orders API, 200$/ }).click()
    await pane.locator('#step-4-details').waitFor()
    await page.getByLabel('Your question').focus()
    await page.keyboard.type('jk[]?')
    expect(await page.getByLabel('Your question').inputValue()).toBe('jk[]?')
    expect(await pane.locator('.step-more').count()).toBe(1)
  })

  it('acts on single letters only while they are switched on, which the mark’s menu can do without them', async () => {
    const { page, rows } = await openTrace()
    const showKeys = async () => {
      await page.getByRole('button', { name: /version, documentation, keys$/ }).click()
      await page.getByRole('button', { name: 'Keys', exact: true }).click()
      return page.getByRole('dialog', { name: 'Keys' })
    }
    const switchLetters = async (isOn: boolean) => {
      const dialog = await showKeys()
      await dialog.getByLabel('Single letters act as keys').setChecked(isOn)
      await dialog.getByRole('button', { name: 'Close' }).click()
      await dialog.waitFor({ state: 'hidden' })
    }
    await switchLetters(false)
    await rows.first().press('f')
    await rows.first().press(']')
    await rows.first().press('ArrowDown')
    expect(await page.locator(':focus').getAttribute('id')).toBe('step-2')
    expect(await page.locator('.step-more').count()).toBe(0)
    await page.reload()
    await rows.first().press(']')
    await rows.first().press('Enter')
    // The step of the address is open, too.
    await expect.poll(() => page.locator('.step-more').count()).toBe(2)
    await switchLetters(true)
    await rows.first().press(']')
    await expect.poll(() => page.locator('.step-more').count()).toBe(await rows.count())
  })

  it('copies the request of the current step as a command, with a variable in place of the token', async () => {
    const { page, rows } = await openTrace()
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write'])
    const call = rows.filter({ hasText: 'Call Orders API' })
    await call.press('y')
    await page.getByRole('status').getByText('copied as curl').waitFor()
    const copy = await page.evaluate<string>('navigator.clipboard.readText()')
    expect(copy).toContain(`--header 'authorization: Bearer '"$TR"`)
    await call.click()
    await page.getByRole('button', { name: 'Copy as curl' }).click()
    await page.getByRole('button', { name: 'Copied' }).waitFor()
    expect(await page.evaluate<string>('navigator.clipboard.readText()')).toBe(copy)
  })

  it('shows the details of one step at a time beside the list in a wide window, and in the list in any other', async () => {
    const { page, rows } = await openTrace()
    await page.setViewportSize({ width: 1680, height: 1000 })
    const [drawer, details] = [page.locator('.drawer'), page.locator('.step-more')]
    await rows.first().click()
    await drawer.getByRole('heading', { name: 'Request token' }).waitFor()
    const box = await drawer.boundingBox()
    expect([box?.width, (box?.x ?? 0) + (box?.width ?? 0)]).toEqual([416, 1680])
    await rows.last().click()
    await drawer.getByRole('heading', { name: 'Check TR' }).waitFor()
    expect(await page.locator('.step[aria-expanded="true"]').count()).toBe(1)
    expect(await details.count()).toBe(0)
    await drawer.getByRole('button', { name: 'Previous step' }).click()
    await drawer.getByRole('heading', { name: 'Call Orders API' }).waitFor()
    await drawer.press('Escape')
    await drawer.waitFor({ state: 'detached' })
    expect(await page.locator(':focus').getAttribute('id')).toBe('step-4')
    await page.setViewportSize({ width: 1440, height: 1000 })
    await rows.first().click()
    await details.waitFor()
    expect(await drawer.count()).toBe(0)
  })

  it('is presented one sentence at a time by the keyboard', async () => {
    const { page } = await openTrace()
    await page.getByRole('button', { name: 'Present' }).click()
    const presenter = page.getByRole('dialog', { name: 'Presenter' })
    await presenter.getByRole('heading', { name: 'You ask: “first”' }).waitFor()
    await page.keyboard.press('ArrowRight')
    await presenter.getByRole('heading', { name: 'Entra ID issues a token that names the agent.' }).waitFor()
    await presenter.locator('.plate[data-gate=next]').getByText('called next').waitFor()
    await page.keyboard.press('Space')
    await presenter.getByRole('heading', { name: 'Orders API accepts the call: 2 of 2 checks.' }).waitFor()
    await page.keyboard.press('PageDown')
    await presenter.getByText('3 of 3').waitFor()
    await page.keyboard.press('PageUp')
    await presenter.getByText('2 of 3').waitFor()
    await page.setViewportSize({ width: 320, height: 932 })
    await presenter.getByText('2 of 3').waitFor()
    await expect.poll(() => page.evaluate('document.documentElement.scrollWidth')).toBe(320)
    await page.keyboard.press('Escape')
    await presenter.waitFor({ state: 'hidden' })
  })

  it('closes a token by Esc without stopping an answer that still runs; the next Esc stops it', async () => {
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
})

it('Personal data and tenant are shown to their owner in every view, also after a reload, and hidden in the presenter', async () => {
  const secrets = [userId, tenantId, 'Demo <img']
  const secretsIn = (text: string | null) => secrets.filter(secret => text?.includes(secret))
  answerFirstForUser()
  const { page, pane } = await openTrace()
  const openAll = async () => {
    await openSteps(page)
    await showToken(page, 'Tc')
    await expandClaims(page)
  }
  await openAll()
  expect(secretsIn(await pane.textContent())).toEqual(secrets)
  await page.reload()
  await page.getByRole('region', { name: 'Tc', exact: true }).waitFor()
  await openSteps(page)
  await expandClaims(page)
  expect(secretsIn(await pane.textContent())).toEqual(secrets)
  const presenter = page.getByRole('dialog', { name: 'Presenter' })
  const present = () => page.getByRole('button', { name: 'Present', exact: true }).click()
  await present()
  for (const scene of ['1 of 3', '2 of 3', '3 of 3']) {
    await presenter.getByText(scene).waitFor()
    expect(secretsIn(await presenter.evaluate(it => it.outerHTML)), scene).toEqual([])
    await page.keyboard.press('ArrowRight')
  }
  await page.keyboard.press('Escape')
  await askAndWait(page, 'Where is Demo?')
  await present()
  await presenter.getByRole('heading', { name: 'You ask: “Where is ‹name hidden›?”' }).waitFor()
  await presenter.getByRole('button', { name: 'Show who' }).click()
  await presenter.getByRole('heading', { name: 'You ask: “Where is Demo?”' }).waitFor()
})
