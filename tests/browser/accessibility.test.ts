import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import type { AxeResults, RunOptions } from 'axe-core'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { useBrowser } from './support/browser.ts'
import { ScriptedAgent } from './support/scripted-agent.ts'
import { ask, choose } from './support/steps.ts'
import { config, problem, result, status, steps, trace, turnStart, userTokenStep } from './support/turns.ts'

const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

const browser = useBrowser()
let agent: ScriptedAgent

beforeAll(async () => {
  agent = await ScriptedAgent.start()
  agent.config = config
  agent.status = status
  agent.script = async (request, send) => {
    const end = request.message.includes('fail')
      ? ({ event: 'problem', data: problem('AGENT_IDENTITY_NOT_HONOURED') } as const)
      : result(request, 'It is 21 °C in Dallas.', { notices: [problem('TOOL_NOT_CALLED')] })
    send(turnStart(request), ...steps([userTokenStep('s0'), ...trace()]), end)
  }
})
afterAll(() => agent?.close())

/** WCAG up to 2.2 AA, and axe’s best practices. */
const allRules = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']
/** What another choice of colours can break. */
const colourRules = ['color-contrast', 'link-in-text-block']

async function findViolations(page: Page, rules: string[]): Promise<string[]> {
  const options: RunOptions = { resultTypes: ['violations'], runOnly: rules }
  const results = await page.evaluate<AxeResults>(`axe.run(${JSON.stringify(options)})`)
  return results.violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`)
}

async function expectNothingSideways(page: Page, state: string): Promise<void> {
  expect(await page.evaluate('document.documentElement.scrollWidth - innerWidth'), state).toBeLessThanOrEqual(
    0,
  )
}

/** For people to look at; the folder is named by SCREENSHOTS. */
async function keepScreenshot(page: Page, name: string): Promise<void> {
  const folder = process.env['SCREENSHOTS']
  if (folder) await page.screenshot({ path: join(folder, `${name.replace(/\W+/g, '-')}.png`) })
}

/** Brings the page into each of its states, one after the other. */
async function* visitStates(page: Page, isNarrow: boolean): AsyncGenerator<string> {
  await page.getByRole('button', { name: 'Weather in Dallas?' }).waitFor()
  await page.getByRole('button', { name: 'Status:' }).click()
  yield 'empty, with the status open'
  await page.keyboard.press('Escape')
  for (const name of ['What the model is told', 'Earlier conversations', 'Export']) {
    await page.getByRole('button', { name, exact: true }).click()
    await page.getByRole('region', { name }).getByText('Loading…').waitFor({ state: 'detached' })
    yield `empty, with ${name} open`
    await page.keyboard.press('Escape')
  }
  await choose(page, 'On behalf of you')
  await (await ask(page, 'Weather in Oslo?')).getByRole('button', { name: 'Sign in and ask' }).waitFor()
  await choose(page, 'Autonomous')
  await (await ask(page, 'please fail')).getByRole('button', { name: 'Ask again' }).waitFor()
  await (await ask(page, 'Weather in Dallas?')).getByText('It is 21 °C in Dallas.').waitFor()
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
  yield 'keys'
  await page.keyboard.press('Escape')
  await choose(page, 'Compare')
  yield 'compare'
  if (isNarrow) return
  await page.getByRole('button', { name: 'Present', exact: true }).click()
  await page.getByRole('button', { name: 'Next' }).waitFor()
  yield 'presenter'
}

it.each([
  ['light', 'none', 1280, allRules],
  ['light', 'none', 320, allRules],
  ['dark', 'none', 1280, colourRules],
  ['light', 'active', 1280, colourRules],
] as const)(
  'axe finds nothing, in %s, with forced colours %s, %i px wide; text may be spaced as wide as WCAG 1.4.12 has it',
  async (colorScheme, forcedColors, width, rules) => {
    const page = await browser.open(agent.url, {
      colorScheme,
      forcedColors,
      viewport: { width, height: 800 },
    })
    await page.evaluate(axeSource)
    await page.addStyleTag({ url: '/spaced.css' })
    const space = (on: boolean) =>
      page.evaluate(`document.querySelector('link[href="/spaced.css"]').disabled = ${!on}`)
    for await (const state of visitStates(page, width < 900)) {
      await expectNothingSideways(page, `${state}, spaced`)
      await space(false)
      expect(await findViolations(page, [...rules]), state).toEqual([])
      await expectNothingSideways(page, state)
      await keepScreenshot(page, `${state}, ${colorScheme}, ${forcedColors}, ${width}`)
      await space(true)
    }
  },
)

describe('with the keyboard alone', () => {
  async function tabTo(page: Page, name: RegExp, key = 'Tab'): Promise<void> {
    for (let presses = 0; presses < 40; presses += 1) {
      await page.keyboard.press(key)
      const focused = page.locator('label:has(:focus), :focus:not(label *)')
      const label = (await focused.getAttribute('aria-label')) ?? (await focused.textContent()) ?? ''
      if (name.test(label)) return
    }
    throw new Error(`Tab never reached ${name}`)
  }

  it('somebody chooses, asks, opens a step and goes back to an older trace', async () => {
    const page = await browser.open(agent.url)
    await page.getByRole('button', { name: 'Weather in Dallas?' }).waitFor()
    await page.locator('#message:focus').waitFor()
    await tabTo(page, /^Execution mode/)
    await page.keyboard.press('ArrowDown')
    expect(await page.getByLabel('Execution mode').inputValue()).toBe('bedrock')
    await page.getByRole('log').focus()
    await tabTo(page, /^Compare the weather/)
    await page.keyboard.press('Enter')
    await page.getByText('It is 21 °C in Dallas.').waitFor()
    await tabTo(page, /^Show the trace of “Compare/)
    await page.keyboard.press('Enter')
    await page.locator('#pane-trace:focus').waitFor()
    await page.locator('.step').first().waitFor()
    await tabTo(page, /^Check Tc/)
    await page.keyboard.press('j')
    await page.keyboard.press('Enter')
    await page.locator('.step-more pre', { hasText: 'AuthorizationHeaderUnauthenticated' }).waitFor()
  })

  it('the focus is never lost when the button that had it goes away', async () => {
    const page = await browser.open(agent.url, { viewport: { width: 1280, height: 400 } })
    const press = (name: string) => page.getByRole('button', { name, exact: true }).press('Enter')
    const log = page.locator('[role=log]:focus')
    const field = page.locator('#message:focus')
    await press('Weather in Dallas?')
    await page.getByText('It is 21 °C in Dallas.').waitFor()
    await log.waitFor()
    await press('Edit the question')
    await field.waitFor()
    await press('Cancel')
    await field.waitFor()
    await page.getByRole('log').press('Home')
    await press('Jump to latest')
    await log.waitFor()
    await press('New conversation')
    await field.waitFor()
  })

  it('the focus stays in the trace when its code comes late', async () => {
    const page = await browser.open(agent.url)
    const code = Promise.withResolvers<void>()
    await page.route('**/assets/trace-panel-*', async route => {
      await code.promise
      await route.fallback()
    })
    await ask(page, 'Weather in Dallas?')
    await page.getByRole('button', { name: 'Show the trace of' }).press('Enter')
    await page.locator('#pane-trace:focus').waitFor()
    code.resolve()
    await page.locator('.step').first().waitFor()
    expect(await page.locator('#pane-trace:focus').count()).toBe(1)
  })
})

describe('for people who asked their system for it', () => {
  it('nothing moves (prefers-reduced-motion)', async () => {
    agent.script = async (request, send, signal) => {
      send(turnStart(request))
      await new Promise(resolve => signal.addEventListener('abort', resolve))
    }
    const page = await browser.open(agent.url, { reducedMotion: 'reduce' })
    await page.getByRole('button', { name: 'Weather in Dallas?' }).click()
    await page.getByText('Working…').waitFor()
    expect(await page.evaluate('document.getAnimations().length')).toBe(0)
  })

  it('the chosen flow can be told without colours (forced-colors)', async () => {
    const page = await browser.open(agent.url, { forcedColors: 'active' })
    await page.getByRole('radio', { name: 'Autonomous' }).waitFor()
    const background = (value: string) =>
      page.evaluate(`getComputedStyle(document.querySelector('[value=${value}] + span')).backgroundColor`)
    expect(await background('autonomous')).not.toBe(await background('obo'))
  })
})
