import type { Locator, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { EmulatedAws, staticKeys } from '../contract/bedrock/emulated-aws.ts'
import { identities } from '../support/identities.ts'
import { Stack } from '../support/stack.ts'
import { useBrowser } from './support/browser.ts'
import { ask, signIn } from './support/steps.ts'

const browser = useBrowser()
let aws: EmulatedAws
let stack: Stack

beforeAll(async () => {
  aws = await EmulatedAws.start({ EMULATOR_TOKEN_DELAY_MS: '20' })
  stack = await Stack.start({
    agent: {
      ...staticKeys,
      ...aws.environment,
      BEDROCK_PROBE: 'off',
      EMULATED: 'entra,auth-sidecar,bedrock',
    },
  })
})
afterAll(async () => {
  await stack?.close()
  await aws?.stop()
})

async function askBedrock(page: Page, question: string): Promise<Locator> {
  await page.getByRole('radio', { name: 'Bedrock' }).check()
  return ask(page, question)
}

async function complete(answer: Locator): Promise<string> {
  await answer.getByText(/all in \d/).waitFor()
  return (await answer.locator('.answer-text').textContent()) ?? ''
}

it('the model calls the tool under the agent’s identity, its answer streams in, and a follow-up knows what was said', async () => {
  const page = await browser.open(stack.agentUrl)
  const answer = await askBedrock(page, 'Compare the weather in Oslo and Rome')
  const text = answer.locator('.answer-text')
  await text.waitFor()
  const first = (await text.textContent()) ?? ''
  const whole = await complete(answer)
  expect(first.length).toBeLessThan(whole.length)
  expect(whole).toContain('Oslo')
  expect(whole).toContain('Rome')
  expect(await answer.locator('.label').first().textContent()).toBe('Bedrock')

  const trace = page.getByRole('complementary', { name: 'Identity Trace' })
  expect(await trace.getByText('get_weather').count()).toBeGreaterThanOrEqual(2)
  expect(
    await trace
      .getByText('Agent → Bedrock')
      .or(trace.locator('.route', { hasText: 'Bedrock' }))
      .count(),
  ).toBeGreaterThan(0)
  expect(await trace.locator('.token[data-role=TR]').last().textContent()).toContain(
    'Verified by the Weather API',
  )

  const followUp = await complete(await ask(page, 'and tomorrow?'))
  expect(followUp).toContain('Oslo')
})

it('the tool acts on behalf of whoever is signed in', async () => {
  const page = await browser.open(stack.agentUrl)
  await signIn(page, identities.ada)
  await page.getByRole('radio', { name: 'On behalf of me' }).check()
  expect(await complete(await askBedrock(page, 'Weather in Dallas?'))).toContain('Dallas')
  expect(await page.locator('.token[data-role=TR]').first().textContent()).toContain(
    'on behalf of the signed-in user',
  )
  const bodies = await page.locator('.step pre').allTextContents()
  expect(bodies.join()).toContain(`"on_behalf_of": "${identities.ada.oid}"`)
})

it('small talk calls no tool and takes no token', async () => {
  const page = await browser.open(stack.agentUrl)
  await complete(await askBedrock(page, 'Hello!'))
  expect(await page.locator('.token').count()).toBe(0)
})

it('an answer can be stopped while it streams', async () => {
  const page = await browser.open(stack.agentUrl)
  const answer = await askBedrock(page, 'Compare the weather in Oslo and Rome')
  await answer.locator('.answer-text').waitFor()
  await page.keyboard.press('Escape')
  await answer.getByText('You stopped this answer.').waitFor()
  await answer.getByRole('button', { name: 'Ask again' }).click()
  await complete(page.getByRole('article').last())
})
