import type { Locator, Page } from 'playwright-core'
import { expect, it } from 'vitest'
import { useBrowser } from '../../browser/support/browser.ts'
import { ask, choose, showToken, tracePane } from '../../browser/support/steps.ts'
import { bedrockStackForFile } from '../support/bedrock-stack.ts'

const browser = useBrowser()
const system = await bedrockStackForFile()

async function askBedrock(page: Page, question: string): Promise<Locator> {
  await choose(page, 'Bedrock')
  return ask(page, question)
}

async function completeText(answer: Locator): Promise<string> {
  await answer.getByText(/first word \d/).waitFor()
  return (await answer.locator('.answer-text').textContent()) ?? ''
}

it('the model calls the tool under the agent’s identity, a follow-up knows what was said, and the page shows what the model is told', async () => {
  const page = await browser.open(system.agentUrl)
  const answer = await askBedrock(page, 'Compare the weather in Oslo and Rome')
  const text = await completeText(answer)
  expect(text).toContain('Oslo')
  expect(text).toContain('Rome')
  expect(await answer.locator('.who > span').first().textContent()).toBe('The agent as itself · Bedrock')

  const trace = tracePane(page)
  await trace.getByText('The agent called Weather API as itself, twice.').waitFor()
  const steps = trace.locator('.step-title')
  await steps.first().waitFor()
  const titles = await steps.allTextContents()
  expect(titles.filter(title => title.startsWith('Tool: get_weather'))).toHaveLength(2)
  expect(titles, 'the same token is told once').toContain('Request token × 2')
  expect(await (await showToken(page, 'TR')).textContent()).toContain('checked by Weather API')

  const followUp = await completeText(await ask(page, 'and tomorrow?'))
  expect(followUp).toContain('Oslo')

  await page.getByRole('button', { name: 'What the model is told' }).click()
  const told = page.getByRole('region', { name: 'What the model is told' })
  const row = told.getByRole('row', { name: /^get_weather/ })
  await row.waitFor()
  await told.getByRole('columnheader', { name: 'Right it needs, at Weather API' }).waitFor()
  expect(await row.getByRole('cell').allTextContents()).toEqual(['Weather.Read.All', 'yes'])
  await told.getByText('You hold no password, token or key').waitFor()
})
