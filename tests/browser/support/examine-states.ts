import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import type { ChatRequest, TurnEvent } from '@entra-agents/trace'
import type { AxeResults, RunOptions } from 'axe-core'
import type { Page } from 'playwright-core'
import { expect } from 'vitest'
import { ask, choose, pressInBar } from './steps.ts'
import { problem, resultEvent, stepEvents, traceForUser, withAgents } from './turns.ts'

const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

/** The answers that the states need: a question with “fail” in it fails. */
export const answerOrFail = (request: ChatRequest): TurnEvent[] => [
  ...stepEvents(traceForUser()),
  request.message.includes('fail')
    ? { event: 'problem', data: problem('AGENT_IDENTITY_NOT_HONOURED') }
    : resultEvent(request, 'It is on its way.', { notices: [problem('TOOL_NOT_CALLED')] }),
]

/** WCAG up to 2.2 AA, and axe’s best practices. */
export const allRules = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']
/** The rules that another choice of colours can break. */
export const colourRules = ['color-contrast', 'link-in-text-block']

async function findViolations(page: Page, rules: string[]): Promise<string[]> {
  const options: RunOptions = { resultTypes: ['violations'], runOnly: rules }
  const results = await page.evaluate<AxeResults>(`axe.run(${JSON.stringify(options)})`)
  return results.violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`)
}

async function expectNoSidewaysScroll(page: Page, state: string): Promise<void> {
  const pixels = await page.evaluate('document.documentElement.scrollWidth - innerWidth')
  expect(pixels, state).toBeLessThanOrEqual(0)
}

/** Keeps a screenshot for people to look at, in the folder that SCREENSHOTS names. */
async function keepScreenshot(page: Page, name: string): Promise<void> {
  const folder = process.env['SCREENSHOTS']
  if (folder) await page.screenshot({ path: join(folder, `${name.replace(/\W+/g, '-')}.png`) })
}

/** The agents that the page offers in its states. */
export const twoAgents = withAgents(
  {
    name: 'weather',
    title: 'Weather agent',
    description: 'Answers about the weather.',
    changes: ['orders-api'],
  },
  { name: 'trainee', title: 'Trainee agent', flows: ['autonomous'] },
)

/** Brings the page into each of its states, one after the other. */
async function* visitStates(page: Page, isNarrow: boolean): AsyncGenerator<string> {
  await page.getByRole('button', { name: 'Where is order 7?' }).waitFor()
  await page.getByRole('button', { name: 'Status:' }).click()
  yield 'empty, with the status open'
  await page.keyboard.press('Escape')
  await page.getByRole('button', { name: 'Agent: Weather agent' }).click()
  await page.locator('[role=menuitemradio]:focus').waitFor()
  yield 'empty, with the agents open'
  await page.keyboard.press('Escape')
  for (const name of ['What the model is told', 'Earlier conversations']) {
    await pressInBar(page, name)
    await page.getByRole('region', { name }).getByText('Loading…').waitFor({ state: 'detached' })
    yield `empty, with ${name} open`
    await page.keyboard.press('Escape')
    if (isNarrow) {
      yield 'empty, with the menu of the bar open'
      await page.keyboard.press('Escape')
    }
  }
  await page.getByRole('button', { name: /version, documentation/ }).click()
  await page.getByRole('link', { name: 'Documentation' }).waitFor()
  yield 'empty, with the menu of the mark open'
  await page.keyboard.press('Escape')
  await choose(page, 'For me')
  await page.getByLabel('Your question').fill('Weather in Oslo?')
  await page.getByRole('button', { name: 'Sign in and ask' }).waitFor()
  yield 'sign-in due'
  await choose(page, 'As itself')
  for (let times = 0; times < 2; times++)
    await (await ask(page, 'please fail')).getByRole('button', { name: 'Ask again' }).waitFor()
  await (await ask(page, 'Where is order 7?')).getByText('It is on its way.').waitFor()
  if (isNarrow) {
    yield 'failed and answered'
    await page.getByRole('tab', { name: 'Identity Trace' }).click()
  }
  await page.locator('.step').first().press(']')
  await page.locator('button.plate[data-token=TR]').click()
  await page.getByRole('button', { name: /more, and what each claim means/ }).click()
  yield 'steps, all open'
  await choose(page, 'Sequence')
  yield 'sequence, all open'
  await page.locator('.step').first().press('?')
  await page.getByRole('dialog', { name: 'Keys' }).waitFor()
  yield 'keys'
  await page.keyboard.press('Escape')
  await choose(page, 'Compare')
  yield 'compare'
  if (isNarrow) await page.getByRole('button', { name: /^More: side/ }).click()
  await page.getByRole('button', { name: 'Share', exact: true }).click()
  await page.getByText(/after #: \d+ KB/).waitFor()
  yield 'share'
  if (isNarrow) return
  await page.keyboard.press('Escape')
  await page.getByRole('button', { name: 'Present', exact: true }).click()
  await page.getByRole('button', { name: 'Next' }).waitFor()
  yield 'presenter'
}

/** Expects that axe finds nothing by these rules in any of these states of the page, also with the text spacing of WCAG 1.4.12. */
export async function examineStates(page: Page, rules: string[], name: string, states = /./): Promise<void> {
  await loadAxe(page)
  await page.addStyleTag({ url: '/spaced.css' })
  const space = (on: boolean) =>
    page.evaluate(`document.querySelector('link[href="/spaced.css"]').disabled = ${!on}`)
  for await (const state of visitStates(page, (page.viewportSize()?.width ?? 0) < 900)) {
    if (!states.test(state)) continue
    await expectNoSidewaysScroll(page, `${state}, spaced`)
    await space(false)
    await examineState(page, rules, state, name)
    await space(true)
  }
}

const countRunningAnimations = `document.getAnimations().filter(({ playState }) => playState === 'running').length`

/** Expects that axe finds nothing by these rules in one state, after its animations; `loadAxe` has to run before. */
export async function examineState(page: Page, rules: string[], state: string, name: string): Promise<void> {
  // A button that has just become pressable still changes its colour.
  await expect.poll(() => page.evaluate(countRunningAnimations), { message: state }).toBe(0)
  expect(await findViolations(page, rules), state).toEqual([])
  await expectNoSidewaysScroll(page, state)
  await keepScreenshot(page, `${state}, ${name}`)
}

/** Loads axe into a page. */
export async function loadAxe(page: Page): Promise<void> {
  await page.evaluate(axeSource)
}
