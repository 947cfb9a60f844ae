import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { useBrowser } from '../browser/support/browser.ts'
import { ask, signIn } from '../browser/support/steps.ts'
import { identities } from '../support/identities.ts'
import { Demo } from './support/demo.ts'

const browser = useBrowser()
let demo: Demo

beforeAll(async () => {
  demo = await Demo.install('page')
  await demo.openEntra()
}, 300_000)
afterAll(() => demo?.[Symbol.asyncDispose]())

async function choose(page: Page, ...names: readonly string[]): Promise<void> {
  for (const name of names) await page.getByRole('radio', { name, exact: true }).check()
}

it('the page works through port-forwards, sign-in included, in all four paths', {
  timeout: 60_000,
}, async () => {
  // The Entra emulator's certificate is the test's own.
  const page = await browser.open(await demo.agentUrl(), { ignoreHTTPSErrors: true })
  const answered = async () => {
    const answer = await ask(page, 'Weather in Dallas?')
    await answer.getByText(/Dallas.*°C/).waitFor()
    return (await answer.locator('.label').allTextContents()).slice(0, 2)
  }
  await choose(page, 'Direct', 'As the agent itself')
  expect(await answered()).toEqual(['Direct', 'As the agent itself'])
  await choose(page, 'Bedrock')
  expect(await answered()).toEqual(['Bedrock', 'As the agent itself'])

  await signIn(page, identities.ada)
  await choose(page, 'Direct', 'On behalf of me')
  expect(await answered()).toEqual(['Direct', 'On behalf of me'])
  await choose(page, 'Bedrock')
  expect(await answered()).toEqual(['Bedrock', 'On behalf of me'])
  const trace = page.getByRole('complementary', { name: 'Identity Trace' })
  expect(await trace.locator('.token[data-role=Tc]').count()).toBe(1)
  expect(await trace.locator('.token[data-role=TR]').last().textContent()).toMatch(
    /Verified by the Weather API/,
  )
})
