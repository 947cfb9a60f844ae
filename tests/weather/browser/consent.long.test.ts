import type { Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { useBrowser } from '../../browser/support/browser.ts'
import { cardButton as button, openPopup, signIn, tracePane } from '../../browser/support/steps.ts'
import { identities } from '../../support/identities.ts'
import { askOnBehalf, useSignInStack, waitForAnswer } from './sign-in-stack.ts'

const { ada, agentId } = identities
const browser = useBrowser()
const stack = await useSignInStack()

const consentCard = (page: Page) => page.getByRole('region', { name: 'The agent needs your consent' })

async function askWithoutConsent(page: Page) {
  await signIn(page, ada)
  stack.withdrawConsents(agentId)
  const answer = await askOnBehalf(page)
  await consentCard(page).getByText('Weather.Read').first().waitFor()
  return answer
}

describe('a missing consent', () => {
  it('can be given in a window, and then the same answer goes on', async () => {
    const page = await browser.open(stack.agentUrl)
    const answer = await askWithoutConsent(page)
    await tracePane(page).getByText('Waits for you').waitFor()
    await expect.poll(() => page.locator('.steps-head b').textContent()).toMatch(/^\d+ steps$/)
    const popup = await openPopup(page, button(page, 'Review and consent'))
    expect(new URL(popup.url()).searchParams.get('response_type')).toBe('none')
    const closed = popup.waitForEvent('close')
    await popup.getByRole('button', { name: 'Accept' }).click()
    await closed
    await waitForAnswer(answer)
    await answer.getByText('You consented: Weather.Read').waitFor()
    expect(await page.getByRole('article').count()).toBe(1)
    expect(await consentCard(page).count()).toBe(0)
    await tracePane(page)
      .getByRole('heading', { name: /called Weather API for you/ })
      .waitFor()
  })

  it('that the user declines in the window is shown as declined, and can still be given', async () => {
    const page = await browser.open(stack.agentUrl)
    const answer = await askWithoutConsent(page)
    const popup = await openPopup(page, button(page, 'Review and consent'))
    await popup.getByRole('button', { name: 'Cancel' }).click()
    await consentCard(page).getByText('You declined. Nothing was sent.').waitFor()
    await consentCard(page).getByText('Send this address to an administrator').waitFor()
    const again = await openPopup(page, button(page, 'Open the window again'))
    await again.getByRole('button', { name: 'Accept' }).click()
    await waitForAnswer(answer)
  })

  it('is still missing after a forged message: the page asks the agent again, and no API is called', async () => {
    const page = await browser.open(stack.agentUrl, { withClock: true })
    await askWithoutConsent(page)
    const popup = await openPopup(page, button(page, 'Review and consent'))
    const state = new URL(popup.url()).searchParams.get('state')
    const calls = stack.noteCalls('/weather')
    const continued = page.waitForRequest('**/api/chat/continue')
    const other = await page.context().newPage()
    await other.goto(`${stack.agentUrl}/auth/consent.html?state=${state}`)
    await consentCard(page).getByText('Waiting until your consent takes effect…').waitFor()
    await continued
    expect(calls).toEqual([])
  })
})
