import { describe, expect, it } from 'vitest'
import { useBrowser } from '../../browser/support/browser.ts'
import {
  ask,
  expectCallFor,
  expectSignedIn,
  showToken,
  signIn,
  signInButton,
  signOut,
} from '../../browser/support/steps.ts'
import { identities } from '../../support/identities.ts'
import { askOnBehalf, useSignInStack, waitForAnswer, writeOnBehalf } from './sign-in-stack.ts'

const { ada, ben } = identities
const browser = useBrowser()
const stack = await useSignInStack()

describe('somebody who signs in', () => {
  it('lets the agent act on their behalf, also after a reload, and leaves nothing to the next user after signing out', async () => {
    const page = await browser.open(stack.agentUrl)
    await signIn(page, ada)
    await waitForAnswer(await askOnBehalf(page))
    await expectCallFor(page, ada)
    const card = await (await showToken(page, 'TR')).textContent()
    expect(card).toContain('for you towards Weather API.')
    expect(card, 'whom “you” means').toContain(ada.oid)
    expect(await page.locator('.formulas .plate[data-token=Tc]').count()).toBe(1)
    await page.reload()
    await expectSignedIn(page, ada)
    await waitForAnswer(await askOnBehalf(page))
    expect(page.context().pages(), 'no other sign-in window').toHaveLength(1)

    await signOut(page, ada)
    await signInButton(page).waitFor()
    expect(await page.getByRole('article').count(), 'what was answered for somebody who left').toBe(0)
    await page.getByText('1 conversation in which the agent acted for you.').waitFor()
    await page.getByRole('button', { name: 'Delete', exact: true }).click()
    await page.getByText('You have signed out.').waitFor({ state: 'detached' })
    expect(await page.evaluate('Object.keys(localStorage)')).toEqual([])
  })

  it('ends a running answer by signing out, and leaves no question, draft or personal data to the next user', async () => {
    const page = await browser.open(stack.agentUrl)
    await signIn(page, ada)
    await waitForAnswer(await askOnBehalf(page))
    await expectCallFor(page, ada)
    await page.route('**/api/chat', route => route.fulfill({ status: 502 }), { times: 1 })
    await (await ask(page, 'Where do I work?')).getByText('UNEXPECTED_RESPONSE').waitFor()
    await page.route('**/api/chat', () => {}, { times: 1 })
    const sent = page.waitForRequest('**/api/chat')
    const ended = page.waitForEvent('requestfailed', request => request.url().endsWith('/api/chat'))
    await ask(page, 'Where do I live?')
    await sent
    await page.getByLabel('Your question').fill('Who am I?')
    await signOut(page, ada)
    await ended
    await signIn(page, ben)
    expect(await page.getByText(/Where do I/).count()).toBe(0)
    expect(await page.getByLabel('Your question').inputValue()).toBe('')
    await waitForAnswer(await askOnBehalf(page))
    await expectCallFor(page, ben)
  })
})

it('the focus follows a user who cancels a sign-in, signs in and signs out by keyboard', async () => {
  const page = await browser.open(stack.agentUrl)
  const [popup] = await Promise.all([page.waitForEvent('popup'), signInButton(page).press('Enter')])
  await popup.getByRole('button', { name: ada.name }).waitFor()
  await page.locator('button:focus:not([aria-disabled="true"])', { hasText: 'Cancel' }).press('Enter')
  await page.getByRole('alert').getByText('Sign-in was cancelled.').waitFor()
  await page.locator('button:focus', { hasText: 'Sign in' }).waitFor()
  await signIn(page, ada)
  await page.locator('button:focus', { hasText: ada.name }).press('Enter')
  await page.getByRole('button', { name: 'Sign out' }).press('Enter')
  await page.locator('button:focus', { hasText: 'Sign in' }).waitFor()
})

describe('somebody who is not signed in', () => {
  it('gets an answer under the agent’s own identity without a token, and by one press and one window one on their behalf, which is never autonomous', async () => {
    const page = await browser.open(stack.agentUrl)
    const chats: string[] = []
    page.on('request', request => {
      if (request.url().endsWith('/api/chat')) chats.push(request.headers()['authorization'] ?? 'no token')
    })
    await page.getByRole('button', { name: 'Weather in Dallas?' }).click()
    await waitForAnswer(page.getByRole('article'))
    await page.getByText('The agent called Weather API as itself.').waitFor()
    const card = await showToken(page, 'TR')
    expect(await card.textContent()).toMatch(/signature, .*: checked by Weather API, in its own words/)
    const azp = card.locator('.claim', { has: page.getByText('azp', { exact: true }) })
    expect(await azp.locator('dd').first().textContent()).toContain(`agent identity${identities.agentId}`)

    const button = await writeOnBehalf(page)
    expect(chats).toEqual(['no token'])
    await signIn(page, ada, button)
    await waitForAnswer(page.getByRole('article').last())
    await expectCallFor(page, ada)
    expect(await page.getByLabel('Your question').inputValue()).toBe('')
    expect(chats).toEqual(['no token', expect.stringMatching(/^Bearer /)])
  })
})
