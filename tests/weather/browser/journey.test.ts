import { expect, it } from 'vitest'
import { useBrowser } from '../../browser/support/browser.ts'
import { showToken, tracePane } from '../../browser/support/steps.ts'
import { forFile } from '../../support/for-file.ts'
import { identities } from '../../support/identities.ts'
import { Stack } from '../support/stack.ts'
import { waitForAnswer } from './sign-in-stack.ts'

const browser = useBrowser()
const stack = await forFile(Stack.start())

it('a question is answered under the agent’s own identity, and the trace proves it', async () => {
  const page = await browser.open(stack.agentUrl)
  await page.getByRole('button', { name: 'Weather in Dallas?' }).click()
  const answer = page.getByRole('article')
  await waitForAnswer(answer)
  expect(await answer.locator('.label').first().textContent()).toBe('Direct · Autonomous')

  const trace = tracePane(page)
  await trace.getByText('The agent called Weather API as itself.').waitFor()
  await trace.getByText(/\d+ of \d+ checks · 200/).waitFor()
  const card = await showToken(page, 'TR')
  expect(await card.textContent()).toContain('The agent identity acts as itself towards Weather API.')
  expect(await card.textContent()).toMatch(/Checked by Weather API, in its own words\s*signature passed/)
  const azp = card.locator('.claim', { has: page.getByText('azp', { exact: true }) })
  expect(await azp.locator('dd').first().textContent()).toContain(`agent identity${identities.agentId}`)
  await (await showToken(page, 'T1')).getByText('The agent never sees T1.').waitFor()
})

it('the answer says that the sidecar is down, and “Ask again” works once the sidecar is back', async () => {
  const page = await browser.open(stack.agentUrl)
  await stack.stop('sidecar')
  await page.getByRole('button', { name: 'Weather in Dallas?' }).click()
  await page.getByRole('article').getByText('SIDECAR_UNREACHABLE').waitFor()
  await stack.start('sidecar')
  await page.getByRole('button', { name: 'Ask again' }).click()
  await waitForAnswer(page.getByRole('article'))
})
