import type { Locator, Page } from 'playwright-core'

/** Writes a question, sends it with Enter and returns the message that it becomes. */
export async function ask(page: Page, question: string): Promise<Locator> {
  await page.getByLabel('Your question').fill(question)
  await page.keyboard.press('Enter')
  return page.getByRole('article', { name: question }).last()
}

/** Chooses a flow, a mode or a view by its name, whether there is room for buttons or only for a menu. */
export async function choose(page: Page, label: string): Promise<void> {
  const radio = page.getByRole('radio', { name: label })
  const menu = page.locator('select', { has: page.locator('option', { hasText: label }) })
  await radio.or(menu).first().waitFor()
  if ((await radio.count()) > 0) await radio.check()
  else await menu.selectOption({ label })
}

/** Presses a button of the bar, which in a narrow window is a row of the bar's menu. */
export async function pressInBar(page: Page, name: string): Promise<void> {
  const button = page.locator('.bar').getByRole('button', { name, exact: true })
  const more = page.getByRole('button', { name: /^More: new/ })
  await button.or(more).first().waitFor()
  if (await more.isVisible()) await more.click()
  await button.click()
}

export function buttonNamed(page: Page, name: string): Locator {
  return page.getByRole('button', { name, exact: true })
}

/** A button of the card of a turn that waits, once it takes clicks, which it ignores for its first half second. */
export function cardButton(page: Page, name: string): Locator {
  return page.locator('.pause-card button:not([aria-disabled=true])', { hasText: name }).first()
}

export function tracePane(page: Page): Locator {
  return page.locator('#pane-trace')
}

/** Opens all steps of the shown trace, by the keyboard shortcut. */
export async function openSteps(page: Page): Promise<void> {
  await page.locator('.step').first().press(']')
  await page.locator('.step-more .note').first().waitFor()
}

/** Waits until the trace shows that the weather API saw the agent act for this user. */
export async function expectCallFor(page: Page, { oid }: { readonly oid: string }): Promise<void> {
  await page.locator('.step', { hasText: 'Check TR' }).first().waitFor()
  await openSteps(page)
  await page
    .locator('.step-more pre', { hasText: '"on_behalf_of":' })
    .first()
    .filter({ hasText: `"on_behalf_of": "${oid}"` })
    .waitFor()
}

/** Opens the card of a token by its plate in the formula, and returns the card. */
export async function showToken(page: Page, role: 'Tc' | 'T1' | 'T2' | 'TR'): Promise<Locator> {
  await page.locator(`button.plate[data-token=${role}]`).first().click()
  const card = page.getByRole('region', { name: role, exact: true })
  await card.waitFor()
  return card
}

export function signInButton(page: Page): Locator {
  return page.getByRole('button', { name: 'Sign in', exact: true })
}

/** Presses a button that opens the sign-in window, and returns the window. */
export async function openPopup(page: Page, button: Locator): Promise<Page> {
  await button.hover()
  const [popup] = await Promise.all([page.waitForEvent('popup'), button.click()])
  return popup
}

/** Signs a user in at the emulator of Entra, by the header's button or another one. */
export async function signIn(
  page: Page,
  user: { readonly name: string },
  button = signInButton(page),
): Promise<void> {
  const popup = await openPopup(page, button)
  await popup.getByRole('button', { name: user.name }).click()
  await expectSignedIn(page, user)
}

export async function expectSignedIn(page: Page, user: { readonly name: string }): Promise<void> {
  await page.getByRole('button', { name: `Signed in as ${user.name}` }).waitFor()
}

export async function signOut(page: Page, user: { readonly name: string }): Promise<void> {
  await page.getByRole('button', { name: `Signed in as ${user.name}` }).click()
  await page.getByRole('button', { name: 'Sign out' }).click()
}
