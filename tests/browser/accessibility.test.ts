import type { Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { useBrowser } from './support/browser.ts'
import { allRules, answerOrFail, examineStates, twoAgents } from './support/examine-states.ts'
import { ask } from './support/steps.ts'
import { useScriptedAgent } from './support/use-scripted-agent.ts'

const browser = useBrowser()
const agent = await useScriptedAgent(answerOrFail)

it('axe finds no violation in an answered question, its steps and a token, not even if text is widely spaced', async () => {
  agent.config = twoAgents
  await examineStates(await browser.open(agent.url), allRules, 'light, 1280', /^steps/)
})

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

  it('a user chooses, asks, opens a step and goes back to an older trace', async () => {
    const page = await browser.open(agent.url)
    await page.locator('#message:focus').waitFor()
    await tabTo(page, /^Execution mode/)
    await page.keyboard.press('ArrowDown')
    expect(await page.getByLabel('Execution mode').inputValue()).toBe('bedrock')
    await page.getByRole('log').focus()
    await tabTo(page, /^Compare orders/)
    await page.keyboard.press('Enter')
    await page.getByText('It is on its way.').waitFor()
    await tabTo(page, /^Show the trace of “Compare/)
    await page.keyboard.press('Enter')
    await page.locator('#pane-trace:focus').waitFor()
    await page.locator('.step').first().waitFor()
    expect(await page.locator('#pane-trace:focus').count(), 'also after its code has loaded').toBe(1)
    await tabTo(page, /^Check Tc/)
    await page.keyboard.press('j')
    await page.keyboard.press('Enter')
    await page.locator('.step-more pre', { hasText: 'AuthorizationHeaderUnauthenticated' }).waitFor()
  })

  it('a letter presses the button that it stands for, which in a narrow window its menu shows first', async () => {
    const page = await browser.open(agent.url)
    await page.getByRole('button', { name: 'Where is order 7?' }).click()
    await page.locator('.step').first().waitFor()
    const log = page.getByRole('log')
    const expectPanel = async (letter: string, name: string) => {
      await log.press(letter)
      await page.getByRole('region', { name, exact: true }).waitFor()
      await page.keyboard.press('Escape')
    }
    await expectPanel('e', 'Earlier conversations')
    await expectPanel('m', 'What the model is told')
    await expectPanel('x', 'Share')
    await log.press('t')
    await page.getByRole('button', { name: 'Theme: dark' }).waitFor()
    await log.press('p')
    await page.getByRole('dialog', { name: 'Presenter' }).waitFor()
    await page.keyboard.press('Escape')
    await log.press('c')
    await page.locator('#message:focus').waitFor()
    await page.keyboard.type('en')
    expect(await page.getByLabel('Your question').inputValue()).toBe('en')
    await page.setViewportSize({ width: 720, height: 600 })
    await page.getByRole('tab', { name: 'Conversation' }).waitFor()
    await log.press('e')
    await page.getByRole('button', { name: 'Earlier conversations' }).waitFor()
    await page.keyboard.press('e')
    await page.getByRole('region', { name: 'Earlier conversations' }).waitFor()
    await page.keyboard.press('Escape')
    await page.keyboard.press('Escape')
    await page.setViewportSize({ width: 1280, height: 600 })
    // The name of the narrow window's menu has these words, too.
    await page.getByRole('button', { name: 'What the model is told', exact: true }).waitFor()
    await log.press('n')
    await page.locator('#message:focus').waitFor()
    expect(await page.getByRole('article').count()).toBe(0)
  })

  it('the focus is never lost when the focused button disappears', async () => {
    const page = await browser.open(agent.url, { viewport: { width: 1280, height: 400 } })
    const press = (name: string) => page.getByRole('button', { name, exact: true }).press('Enter')
    const log = page.locator('[role=log]:focus')
    const field = page.locator('#message:focus')
    await page.getByRole('button', { name: 'Where is order 7?' }).press('Enter')
    await page.getByText('It is on its way.').waitFor()
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
})

describe('with accessibility settings of the operating system', () => {
  it('nothing moves (prefers-reduced-motion)', async () => {
    void agent.neverEnd()
    const page = await browser.open(agent.url, { reducedMotion: 'reduce' })
    await page.getByRole('button', { name: 'Where is order 7?' }).click()
    await page.getByText('Working…').waitFor()
    expect(await page.evaluate('document.getAnimations().length')).toBe(0)
  })

  it('what is chosen, pressed or disabled is recognisable without the page’s colours (forced-colors)', async () => {
    const page = await browser.open(agent.url, { forcedColors: 'active' })
    await page.getByRole('radio', { name: 'As itself' }).waitFor()
    const background = (value: string) =>
      page.evaluate(`getComputedStyle(document.querySelector('[value=${value}] + span')).backgroundColor`)
    expect(await background('autonomous')).not.toBe(await background('obo'))
    const colour = (selector: string, property: string) =>
      page.evaluate(`getComputedStyle(document.querySelector('${selector}')).${property}`)
    expect(await colour('.send', 'color')).not.toBe(await colour('.try', 'color'))
    await (await ask(page, 'Where is order 7?')).getByText('It is on its way.').waitFor()
    expect(await colour('.button[aria-pressed=true]', 'backgroundColor')).toBe(await background('autonomous'))
  })
})
