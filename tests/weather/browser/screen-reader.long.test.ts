import { temporaryFile } from '@entra-agents/service-kit/testing/temporary-file'
import type { Locator, Page } from 'playwright-core'
import { expect, it } from 'vitest'
import { useBrowser } from '../../browser/support/browser.ts'
import { ask, cardButton, choose, openPopup, signIn, tracePane } from '../../browser/support/steps.ts'
import { identities } from '../../support/identities.ts'
import { useSignInStack } from './sign-in-stack.ts'

const { ada } = identities
const browser = useBrowser()
const alertEnv = { WEATHER_API_ALERTS: 'true', ALERTS_AUTH_CONTEXT: 'c1' }
const stack = await useSignInStack({
  weather: { ALERTS_FILE: temporaryFile('alerts.sqlite'), ALERTS_AUTH_CONTEXT: 'c1' },
  agent: alertEnv,
})

/** Notes what live regions say, in the order in which a screen reader announces it. */
const noteAnnouncements = `{
  const said = new Map()
  globalThis.announced = []
  const note = () => {
    for (const region of document.querySelectorAll('[role=status], [role=alert], [aria-live=polite], [aria-live=assertive]')) {
      const text = region.innerText?.replace(/\\s+/g, ' ').trim() ?? ''
      if (text !== '' && text !== said.get(region)) {
        const urgency = region.matches('[role=alert], [aria-live=assertive]') ? 'at once' : 'politely'
        announced.push(urgency + ': ' + text)
      }
      said.set(region, text)
    }
  }
  new MutationObserver(note).observe(document, { subtree: true, childList: true, characterData: true })
}`

/** What differs from run to run. */
const varying: readonly (readonly [RegExp, string])[] = [
  [/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, '<guid>'],
  [/[0-9a-f]{8}…[0-9a-f]{4}/g, '<id>'],
  [/\d+ minutes? \d+ seconds? left/g, '<time> left'],
  [/\d+(\.\d+)? (ms|s|milliseconds|seconds)\b/g, '<time>'],
  [/(code: )"?[\w-]{22}"?$/gm, '$1<id>'],
  [/\b\d\d:\d\d:\d\d( [AP]M)?/g, '<clock>'],
  [/\b\d:\d\d\b/g, '<minutes>'],
  [/(Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day \d+ \w+ \d{4}/g, '<day>'],
  [/\d{4}-\d\d-\d\d/g, '<date>'],
  [/about −?\d+(\.\d+)? °C( \(−?\d+ °F\))?/g, 'about <degrees>'],
  [/usually [\w ,]+ in (early|mid|late) \w+/g, 'usually <weather>'],
]

/** What is read after the name of the element that has the focus. */
const describeFocused = `(document.activeElement.getAttribute('aria-describedby') ?? '')
  .split(' ')
  .map(id => document.getElementById(id)?.innerText.replace(/\\s+/g, ' ').trim())
  .join(' ')`

class Reading {
  readonly #page: Page
  readonly #lines: string[] = []

  constructor(page: Page) {
    this.#page = page
  }

  /** Reads a part of the page from its start, after what live regions said since the last part. */
  async read(title: string, part: Locator = this.#page.locator('body')): Promise<void> {
    const announced = await this.#page.evaluate<string[]>('announced.splice(0)')
    const [focus = ''] = (await this.#page.locator(':focus').ariaSnapshot()).split('\n')
    const described = await this.#page.evaluate<string>(describeFocused)
    this.#lines.push(
      `# ${title}`,
      ...announced.map(text => `(${text})`),
      `focus ${focus} ${described}`.trim(),
    )
    this.#lines.push(await part.ariaSnapshot(), '')
  }

  get text(): string {
    return varying.reduce((text, [pattern, word]) => text.replace(pattern, word), this.#lines.join('\n'))
  }
}

async function open() {
  const page = await browser.open('about:blank')
  await page.addInitScript(noteAnnouncements)
  await page.goto(stack.agentUrl)
  await page.getByLabel('Your question').waitFor()
  await page.getByRole('list', { name: 'Questions to try' }).waitFor()
  await page.getByRole('region', { name: 'What you will see' }).waitFor()
  return { page, reading: new Reading(page) }
}

const isDone = (page: Page) => page.locator('.answer[data-state=done]').waitFor()
const isTraced = async (page: Page) => {
  for (const name of ['Replay', 'Copy the token id', 'Check TR'])
    await tracePane(page).getByRole('button', { name }).first().waitFor()
}
const log = (page: Page) => page.getByRole('log')

it('A question to the agent itself is heard in this order', async () => {
  const { page, reading } = await open()
  await page.getByRole('button', { name: 'Status: Bedrock not available' }).waitFor()
  await reading.read('the empty page')
  await page.getByRole('list', { name: 'Questions to try' }).getByRole('button').first().press('Enter')
  await isDone(page)
  await isTraced(page)
  await reading.read('the conversation', log(page))
  await reading.read('what to try next', page.getByRole('list', { name: 'Try also' }))
  await reading.read('the trace', tracePane(page))
  await expect(reading.text).toMatchFileSnapshot('screen-reader-as-itself.txt')
})

it('A question for the user is heard in this order, with the sign-in', async () => {
  const { page, reading } = await open()
  await choose(page, 'For me')
  await page.getByLabel('Your question').fill('Weather in Dallas?')
  await reading.read('before the sign-in', page.locator('form'))
  const popup = await openPopup(page, page.getByRole('button', { name: 'Sign in and ask' }))
  await popup.getByRole('button', { name: ada.name }).waitFor()
  await reading.read('the sign-in window is open', page.locator('form'))
  await popup.getByRole('button', { name: ada.name }).click()
  await isDone(page)
  await isTraced(page)
  await tracePane(page).getByText('also in the token').waitFor()
  await reading.read('the conversation', log(page))
  await reading.read('the trace', tracePane(page))
  await expect(reading.text).toMatchFileSnapshot('screen-reader-for-me.txt')
})

it('An alert is heard in this order, with approval and second factor', async () => {
  const { page, reading } = await open()
  await signIn(page, ada)
  await choose(page, 'For me')
  await ask(page, 'Warn me when Oslo falls below −5 °C')
  const approve = cardButton(page, 'Create alert')
  await approve.waitFor()
  await reading.read('the agent asks first', log(page))
  await approve.click()
  const confirm = cardButton(page, 'Confirm with Entra ID')
  await confirm.waitFor()
  const card = page.getByRole('region', { name: 'Weather API wants a second factor' })
  await reading.read('the API wants a second factor', card)
  const popup = await openPopup(page, confirm)
  await popup.getByRole('button', { name: 'Approve' }).waitFor()
  await reading.read('the window of Entra is open', card.getByRole('status'))
  await popup.getByRole('button', { name: 'Approve' }).click()
  await isDone(page)
  await isTraced(page)
  await reading.read('the conversation', log(page))
  await reading.read('the trace', tracePane(page))
  await expect(reading.text).toMatchFileSnapshot('screen-reader-alert.txt')
})
