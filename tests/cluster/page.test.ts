import { afterAll, beforeAll, expect, it } from 'vitest'
import { useBrowser } from '../browser/support/browser.ts'
import { ask, choose, showToken, signIn } from '../browser/support/steps.ts'
import { identities } from '../support/identities.ts'
import { Demo } from './support/demo.ts'
import { untilNoPodEnds } from './support/until-no-pod-ends.ts'

const browser = useBrowser()
let demo: Demo

beforeAll(async () => {
  demo = await Demo.install('page')
  await demo.openEntra()
}, 300_000)
afterAll(() => demo?.[Symbol.asyncDispose]())

it('the page works through port-forwards, sign-in included, in all four paths', {
  timeout: 180_000,
}, async () => {
  await untilNoPodEnds()
  // The Entra emulator has a self-signed certificate.
  const page = await browser.open(await demo.agentUrl(), { ignoreHTTPSErrors: true })
  const answered = async (mode: string, flow: string) => {
    await choose(page, mode)
    await choose(page, flow)
    const answer = await ask(page, 'Weather in Dallas?')
    await answer.getByText(/Dallas.*°C/).waitFor()
    return answer.locator('.label').first().textContent()
  }
  expect(await answered('Direct', 'Autonomous')).toBe('Weather agent · Direct · Autonomous')
  expect(await answered('Bedrock', 'Autonomous')).toBe('Weather agent · Bedrock · Autonomous')
  await signIn(page, identities.ada)
  expect(await answered('Direct', 'On behalf of you')).toBe('Weather agent · Direct · On behalf of you')
  expect(await answered('Bedrock', 'On behalf of you')).toBe('Weather agent · Bedrock · On behalf of you')
  expect(await (await showToken(page, 'TR')).textContent()).toMatch(
    /Checked by Weather API, in its own words\s*signature passed/,
  )
})
