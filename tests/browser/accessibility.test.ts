import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { AxeResults, RunOptions } from 'axe-core'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { useBrowser } from './support/browser.ts'
import { type ScriptedAgent, startScriptedAgent } from './support/scripted-agent.ts'
import { config, problem, result, status, steps, trace, turnStart } from './support/turns.ts'

const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

const browser = useBrowser()
let agent: ScriptedAgent

beforeAll(async () => {
  agent = await startScriptedAgent()
  agent.config = config
  agent.status = status
  agent.script = async (request, send) => {
    const end = request.message.includes('fail')
      ? ({ event: 'problem', data: problem('AGENT_IDENTITY_NOT_HONOURED') } as const)
      : result(request, 'It is 21 °C in Dallas.', { notices: [problem('TOOL_NOT_CALLED')] })
    send(turnStart(request), ...steps(trace()), end)
  }
})
afterAll(() => agent?.close())

/** Every rule of axe for WCAG up to 2.2 AA, and its best practices. */
async function findViolations(page: Page): Promise<string[]> {
  await page.evaluate(axeSource)
  const options: RunOptions = {
    runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
  }
  const results = await page.evaluate<AxeResults>(`axe.run(${JSON.stringify(options)})`)
  return results.violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`)
}

async function answerEverything(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Weather in Dallas?' }).click()
  await page.getByText('It is 21 °C in Dallas.').waitFor()
  await page.getByRole('radio', { name: 'On behalf of me' }).check()
  await page.getByLabel('Your question').fill('Weather in Oslo?')
  await page.keyboard.press('Enter')
  await page.getByRole('button', { name: 'Sign in and ask' }).waitFor()
  await page.getByRole('radio', { name: 'As the agent itself' }).check()
  await page.getByLabel('Your question').fill('please fail')
  await page.keyboard.press('Enter')
  await page.getByRole('button', { name: 'Retry' }).waitFor()
  for (const summary of await page.locator('summary').all()) await summary.click()
}

describe.each(['light', 'dark'] as const)('in %s', colorScheme => {
  it.each([1280, 320])('at %i px wide, axe finds nothing and nothing scrolls sideways', async width => {
    const page = await browser.open(agent.url, { colorScheme, viewport: { width, height: 800 } })
    await page.getByRole('button', { name: 'Weather in Dallas?' }).waitFor()
    expect(await findViolations(page), 'the empty page').toEqual([])
    await answerEverything(page)
    expect(await findViolations(page), 'a page with answers, problems and open cards').toEqual([])
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width)
  })
})

describe('with the keyboard alone', () => {
  async function tabTo(page: Page, name: RegExp): Promise<void> {
    for (let presses = 0; presses < 40; presses += 1) {
      await page.keyboard.press('Tab')
      const focused = page.locator('label:has(:focus), :focus:not(label *)')
      const label = (await focused.getAttribute('aria-label')) ?? (await focused.textContent()) ?? ''
      if (name.test(label)) return
    }
    throw new Error(`Tab never reached ${name}`)
  }

  it('somebody chooses, asks, opens a step and goes back to an older trace', async () => {
    const page = await browser.open(agent.url)
    await page.getByRole('button', { name: 'Weather in Dallas?' }).waitFor()
    await tabTo(page, /^Direct/)
    await page.keyboard.press('ArrowRight')
    expect(await page.getByRole('radio', { name: 'Bedrock' }).isChecked()).toBe(true)
    await tabTo(page, /^Compare the weather/)
    await page.keyboard.press('Enter')
    await page.getByText('It is 21 °C in Dallas.').waitFor()
    await tabTo(page, /^Show the trace of “Compare/)
    await page.keyboard.press('Enter')
    expect(await page.locator(':focus').textContent()).toBe('Identity Trace')
    await tabTo(page, /^Ask the sidecar/)
    await page.keyboard.press('Enter')
    await page.getByText('AuthorizationHeaderUnauthenticated', { exact: false }).waitFor()
  })

  it('the focus is never lost when the button that had it goes away', async () => {
    const page = await browser.open(agent.url)
    await page.getByRole('button', { name: 'Weather in Dallas?' }).press('Enter')
    await page.getByText('It is 21 °C in Dallas.').waitFor()
    expect(await page.locator(':focus').getAttribute('role')).toBe('log')
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

  it('the chosen mode can be told without colours (forced-colors)', async () => {
    const page = await browser.open(agent.url, { forcedColors: 'active' })
    await page.getByRole('radio', { name: 'Direct' }).waitFor()
    const background = (value: string) =>
      page.evaluate(`getComputedStyle(document.querySelector('[value=${value}] + span')).backgroundColor`)
    expect(await background('direct')).not.toBe(await background('bedrock'))
  })
})
