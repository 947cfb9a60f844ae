import { temporaryFile } from '@entra-agents/service-kit/testing/temporary-file'
import type { Page } from 'playwright-core'
import { beforeEach, describe, expect, it } from 'vitest'
import { useBrowser } from '../../browser/support/browser.ts'
import {
  ask,
  cardButton as button,
  choose,
  openPopup,
  signIn,
  tracePane,
} from '../../browser/support/steps.ts'
import { EmulatedAws, staticKeys } from '../../contract/bedrock/emulated-aws.ts'
import { forFile } from '../../support/for-file.ts'
import { identities } from '../../support/identities.ts'
import { useSignInStack } from './sign-in-stack.ts'

const { ada, ben } = identities
const untilDate = new Date(Date.now() + 7 * 24 * 3_600_000).toISOString().slice(0, 10)
const browser = useBrowser()
const aws = await forFile(EmulatedAws.start())
const alertEnv = { WEATHER_API_ALERTS: 'true', ALERTS_AUTH_CONTEXT: 'c1' }
const stack = await useSignInStack({
  weather: { ALERTS_FILE: temporaryFile('alerts.sqlite'), ALERTS_AUTH_CONTEXT: 'c1' },
  agent: { ...staticKeys, ...aws.environment, BEDROCK_PROBE: 'off', ...alertEnv },
})
/** The requests about alerts that reached the weather API. */
let alertCalls: readonly string[]
/** A temperature for each test, so that tests do not share alerts. */
let celsius = -40
beforeEach(() => {
  alertCalls = stack.noteCalls('/alerts')
  celsius += 1
})

/** Asks for an alert and approves it, after which the API wants a second factor. */
async function approveAlert(page: Page, mode = 'Direct') {
  await signIn(page, ada)
  await choose(page, 'For me')
  await choose(page, mode)
  const answer = await ask(page, `Warn me when Oslo falls below ${celsius} °C until ${untilDate}`)
  const card = page.getByRole('region', { name: 'The agent asks you first' })
  await card.waitFor()
  const when = { kind: 'temperature-below', celsius }
  await card.getByText('Exact arguments').click()
  expect(JSON.parse((await card.locator('pre').textContent()) ?? '')).toEqual({
    city: 'Oslo',
    when,
    untilDate,
  })
  expect(alertCalls).toEqual([])
  await button(page, 'Create alert').click()
  return answer
}

const openSecondFactor = (page: Page) => openPopup(page, button(page, 'Confirm with Entra ID'))

describe.each(['Direct', 'Bedrock'])('An alert that a user asks for in a %s turn', mode => {
  it('is created once, after approval and a second factor; the view “Compare” shows acrs', async () => {
    const page = await browser.open(stack.agentUrl)
    const answer = await approveAlert(page, mode)
    const popup = await openSecondFactor(page)
    const opened = new URL(popup.url())
    await popup.getByRole('button', { name: 'Approve' }).click()
    await answer.getByText('You approved: create an alert for').waitFor()
    await answer.getByText('You confirmed that it’s you: a second factor, at Entra ID').waitFor()
    await page.locator('.answer[data-state=done]').waitFor()
    expect(opened.searchParams.get('prompt')).toBeNull()
    expect(alertCalls).toEqual(['POST /alerts', 'POST /alerts'])
    expect(await page.getByRole('article').count()).toBe(1)

    await tracePane(page).getByText('not yet: no second factor').waitFor()
    const tags = tracePane(page).locator('.formulas .plate', { hasText: '+ acrs c1' })
    expect(await tags.evaluateAll(all => all.map(one => one.getAttribute('data-token')))).toEqual([
      'Tc',
      'TR',
    ])
    await choose(page, 'Compare')
    await page
      .getByLabel('Left', { exact: true })
      .locator('option:checked', { hasText: 'before the second factor' })
      .waitFor({ state: 'attached' })
    const row = page.locator('.compared tr', { hasText: 'acrs' })
    expect(await row.getAttribute('data-sign')).toBe('added')
    await page.reload()
    await answer.getByText('You confirmed that it’s you: a second factor, at Entra ID').waitFor()
  })
})

it('An alert is named on the card of its deletion, as the API knows it', async () => {
  const page = await browser.open(stack.agentUrl)
  await approveAlert(page)
  const popup = await openSecondFactor(page)
  await popup.getByRole('button', { name: 'Approve' }).click()
  await page.locator('.answer[data-state=done]').waitFor()
  const id = /Its id is ([0-9a-f-]{36})/.exec((await page.locator('.answer').textContent()) ?? '')?.[1]
  await ask(page, `delete alert ${id}`)
  const card = page.getByRole('region', { name: 'The agent asks you first' })
  await card.getByText(`Delete the alert for Oslo below −${-celsius} °C, until `).waitFor()
  expect(alertCalls.at(-1)).toBe(`GET /alerts/${id}`)
  await button(page, 'Don’t delete').click()
  await page.locator('.answer[data-state=done]').nth(1).waitFor()
  expect(alertCalls.at(-1)).toBe(`GET /alerts/${id}`)
})

it('After a cancelled second factor the card stays; if the call is cancelled on the card too, no alert is created', async () => {
  const page = await browser.open(stack.agentUrl)
  const answer = await approveAlert(page)
  const popup = await openSecondFactor(page)
  await popup.getByRole('button', { name: 'Cancel' }).click()
  const card = page.getByRole('region', { name: 'Weather API wants a second factor' })
  await card
    .getByText('Sign-in was cancelled. Nothing was changed. Confirm that it is you, or cancel the call.')
    .waitFor()
  await button(page, 'Cancel').click()
  await page.locator('.answer[data-state=done]').waitFor()
  await answer.getByRole('button', { name: /create_alert.*not called/ }).waitFor()
  await page.getByRole('heading', { name: 'You declined, and nothing was sent by that.' }).waitFor()
  expect(alertCalls).toEqual(['POST /alerts'])
})

it('A second factor of another account does not continue the turn, and the card says that it was another account', async () => {
  const page = await browser.open(stack.agentUrl)
  await approveAlert(page)
  await button(page, 'Confirm with Entra ID').waitFor()
  await page.context().clearCookies()
  await page.context().route('**/oauth2/v2.0/authorize?*', async route => {
    const url = new URL(route.request().url())
    for (const name of ['login_hint', 'sid']) url.searchParams.delete(name)
    await route.continue({ url: url.href })
  })
  const popup = await openSecondFactor(page)
  await popup.getByRole('button', { name: ben.name }).click()
  await popup.getByRole('button', { name: 'Approve' }).click()
  const card = page.getByRole('region', { name: 'Weather API wants a second factor' })
  await card.getByText('That was another account.').waitFor()
  await page.getByRole('button', { name: `Signed in as ${ada.name}` }).waitFor()
  expect(alertCalls).toEqual(['POST /alerts'])
})
