/**
 * Measures how responsive the page stays while an answer of 100,000 characters or a trace of 2,000 steps arrives, and while
 * the trace is viewed. A long task blocks the page for more than 50 ms (W3C Long Tasks); no task should block it for more
 * than 100 ms.
 */
import type { ChatRequest, TraceStep, TurnEvent } from '@entra-agents/trace'
import { chromium, type Page } from 'playwright-core'
import { ScriptedAgent } from '../../tests/browser/support/scripted-agent.ts'
import { config, resultEvent, status, tokenStep, turnStart } from '../../tests/browser/support/turns.ts'
import { chromiumPath } from '../../tests/support/chromium.ts'
import { printTable } from '../support/table.ts'

const answerCharacters = 100_000
const stepCount = 2_000
const pieceCharacters = 40
/** The delay after each piece of an answer or trace: the 2,500 pieces of an answer stream for about five seconds. */
const pieceIntervalMs = 2

const paragraph =
  'The **weather** in _Oslo_ is `mild`, with a light wind; see [the forecast](https://example.com/oslo).\n\n- one\n- two\n\n'

async function streamAnswer(request: ChatRequest, send: (...events: TurnEvent[]) => void): Promise<void> {
  const answer = paragraph.repeat(Math.ceil(answerCharacters / paragraph.length)).slice(0, answerCharacters)
  send(turnStart(request))
  for (let from = 0; from < answer.length; from += pieceCharacters) {
    send({ event: 'delta', data: { text: answer.slice(from, from + pieceCharacters) } })
    await new Promise(resolve => setTimeout(resolve, pieceIntervalMs))
  }
  send(resultEvent(request, answer))
}

async function streamSteps(request: ChatRequest, send: (...events: TurnEvent[]) => void): Promise<void> {
  send(turnStart(request))
  for (let number = 1; number <= stepCount; number += 1) {
    send({ event: 'step', data: numberedStep(number) })
    if (number % 4 === 0) await new Promise(resolve => setTimeout(resolve, pieceIntervalMs))
  }
  send(resultEvent(request, 'Done.'))
}

function numberedStep(number: number): TraceStep {
  if (number % 5 === 0) return tokenStep(`s${number}`)
  return {
    id: `s${number}`,
    kind: 'api-call',
    from: 'agent',
    to: 'weather-api',
    title: `Call ${number} of the weather API`,
    status: 'ok',
    startedAt: new Date(Date.UTC(2026, 0, 1) + number * 7).toISOString(),
    durationMs: 5,
  }
}

/** Measures the long tasks of the page until `act` is done: their number, the longest and their sum. */
async function measure(page: Page, what: string, act: () => Promise<unknown>): Promise<(string | number)[]> {
  await page.evaluate('longTasks.length = 0')
  const startedMs = performance.now()
  await act()
  const seconds = (performance.now() - startedMs) / 1000
  await page.evaluate('new Promise(resolve => requestIdleCallback(resolve, { timeout: 5_000 }))')
  const tasks = await page.evaluate<number[]>('longTasks')
  const worst = Math.round(Math.max(0, ...tasks))
  const sum = Math.round(tasks.reduce((total, duration) => total + duration, 0))
  return [what, seconds.toFixed(1), tasks.length, worst, sum]
}

async function askFor(page: Page, what: string): Promise<void> {
  await page.getByLabel('Your question').fill(what)
  await page.keyboard.press('Enter')
  await page.locator('.timing').waitFor({ timeout: 120_000 })
}

/** Scrolls to the end of the steps: of so many, the page draws only those near the view. */
async function seeLastStep(page: Page): Promise<void> {
  const notDrawn = page.locator('[data-part]')
  const last = await notDrawn.last().getAttribute('data-part')
  await notDrawn.last().scrollIntoViewIfNeeded()
  await page.locator(`[data-part="${last}"]`).waitFor({ state: 'detached' })
}

const agent = await new ScriptedAgent().start()
agent.config = config
agent.status = status
const browser = await chromium.launch({
  executablePath: chromiumPath,
  args: ['--no-sandbox', '--disable-gpu'],
})
const context = await browser.newContext({ viewport: { width: 1280, height: 800 } })
await context.addInitScript(
  'globalThis.longTasks = []; new PerformanceObserver(list => longTasks.push(...list.getEntries().map(entry => entry.duration))).observe({ type: "longtask" })',
)
const rows: (string | number)[][] = []
for (const [question, script] of [
  ['an answer of 100,000 characters', streamAnswer],
  ['a trace of 2,000 steps', streamSteps],
] as const) {
  agent.script = script
  const page = await context.newPage()
  await page.goto(agent.url)
  await page.getByLabel('Your question').waitFor()
  rows.push(await measure(page, `${question} streams in`, () => askFor(page, question)))
  if (script === streamSteps) {
    for (const view of ['Sequence', 'Compare', 'Steps'])
      rows.push(
        await measure(page, `2,000 steps: ${view}`, () => page.getByRole('radio', { name: view }).check()),
      )
    rows.push(await measure(page, '2,000 steps: to the last one', () => seeLastStep(page)))
    const search = () => page.getByLabel('Search steps').fill('Call')
    rows.push(await measure(page, '2,000 steps: search', search))
  }
  await page.close()
}
await browser.close()
await agent.close()
printTable([['what', 'seconds', 'long tasks', 'longest, ms', 'in sum, ms'], ...rows])
