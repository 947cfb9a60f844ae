import type { Page } from 'playwright-core'
import { expect, it } from 'vitest'
import { useBrowser } from '../../browser/support/browser.ts'
import { allRules, examineState, loadAxe } from '../../browser/support/examine-states.ts'
import { cardButton as button, openPopup } from '../../browser/support/steps.ts'
import { identities } from '../../support/identities.ts'
import { demoCommand, startDemo } from './support/start-demo.ts'

const browser = useBrowser()
const side = (page: Page, name: 'Left' | 'Right') => page.getByRole('region', { name, exact: true })

/** Presses the line below the cards by keyboard, signs in, and waits until both agents have ended or wait. */
async function readDocument(page: Page): Promise<void> {
  const line = page.getByRole('button', { name: 'A document that tries to take over' })
  await line.focus()
  const [popup] = await Promise.all([page.waitForEvent('popup'), page.keyboard.press('Enter')])
  await popup.getByRole('button', { name: identities.ada.name }).click()
  const ended = page.locator('.side .outcome:is([data-outcome=denied], [data-outcome=waiting])')
  const isLate = page.getByText('MCP_TOOLS_MISSING')
  await expect.poll(async () => (await ended.count()) + (await isLate.count()), { timeout: 20_000 }).toBe(2)
  // On a busy machine the list of the notes' tools comes after the second for which a first question waits for it.
  if ((await isLate.count()) > 0) await page.getByRole('button', { name: 'Ask both again' }).click()
  await side(page, 'Right').getByText('Held by approval').waitFor()
}

it('make demo shows a document that tries to take over: one agent is stopped by a right, the other is held by approval and step-up', async () => {
  const demo = await startDemo(demoCommand)
  await demo.printed('Ready:')
  const url = `http://localhost:${demo.ports['PORT']}`
  const page = await browser.open(url)
  await loadAxe(page)
  expect(await page.locator('.try').count()).toBe(4)
  await examineState(page, allRules, 'the line below the cards', 'wide')
  await readDocument(page)
  const reader = side(page, 'Left')
  await reader.getByText('Stopped by right').waitFor()
  await reader.getByText('Reader lacks Alerts.ReadWrite at Weather API.').waitFor()
  // The rest of the answer comes, and nobody was asked.
  await reader.getByText('Packing for Oslo').waitFor()
  expect(await reader.locator('.pause-card').count()).toBe(0)
  const alerts = side(page, 'Right')
  expect(await alerts.locator('.pause-card').textContent()).toContain('Not in your messages')
  await examineState(page, allRules, 'both ends', 'wide')

  await button(page, 'Create alert').press('Control+Enter')
  await alerts.getByText('Held by step-up').waitFor()
  const popup = await openPopup(page, button(page, 'Confirm with Entra ID'))
  await popup.getByRole('button', { name: 'Approve' }).click()
  await alerts.getByText('Let through').waitFor()
  await alerts.getByText('You approved it and gave a second factor.').waitFor()
  await reader.getByText('Stopped by right').waitFor()
  const between = page.getByRole('region', { name: 'Difference of the two TR' })
  await between.getByText(/^Outcome.*Stopped by right.*Let through/).waitFor()

  const other = await browser.open(url, { viewport: { width: 320, height: 640 }, colorScheme: 'dark' })
  await loadAxe(other)
  await readDocument(other)
  await examineState(other, allRules, 'both ends', 'narrow')
  await button(other, 'Don’t create').press('Escape')
  await side(other, 'Right').getByText('Stopped by approval').waitFor()
  await side(other, 'Right').getByText('I did not call create_alert, as you decided.').waitFor()
  demo.process.kill('SIGTERM')
  expect(await demo.ended).toBe(0)
})
