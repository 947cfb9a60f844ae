import type { Page } from 'playwright-core'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { useBrowser } from './support/browser.ts'
import { ScriptedAgent } from './support/scripted-agent.ts'
import { ask } from './support/steps.ts'
import { blockStorage } from './support/storage.ts'
import { config, result, status, steps, trace, turnStart } from './support/turns.ts'

const browser = useBrowser()
let agent: ScriptedAgent

beforeAll(async () => {
  agent = await ScriptedAgent.start()
})
afterAll(() => agent?.close())
beforeEach(() => {
  agent.config = config
  agent.status = status
  agent.forget()
  agent.script = async (request, send) =>
    send(turnStart(request), ...steps(trace()), result(request, 'It is 21 °C in Dallas.'))
})

describe('a browser that keeps nothing for the page', () => {
  it('shows it and asks questions all the same', async () => {
    const page = await browser.open('about:blank')
    await blockStorage(page.context())
    await page.goto(agent.url)
    await (await ask(page, 'one')).getByText('It is 21 °C in Dallas.').waitFor()
    await page.locator('.row').first().waitFor()
    await page.getByRole('button', { name: 'Theme' }).click()
    await page.getByRole('radio', { name: 'Dark' }).check()
    await page.locator('.divider').press('ArrowRight')
    await page.reload()
    await page.getByText('Ask something, and watch who asks.').waitFor()
  })
})

describe('a stored conversation', () => {
  async function openWith(page: Page, conversation: unknown): Promise<void> {
    await page.evaluate(
      `sessionStorage.setItem('conversation', ${JSON.stringify(JSON.stringify(conversation))})`,
    )
    await page.reload()
  }

  it.each([
    ['is no list', { exchanges: [] }],
    ['holds nothing', [null]],
    ['holds something else', [{ role: 'user', text: 'one' }]],
    ['holds a question of another shape', [{ question: 'one', state: 'done', answer: '', steps: [] }]],
  ])('that %s is dropped', async (_what, conversation) => {
    const page = await browser.open(agent.url)
    await openWith(page, conversation)
    await page.getByText('Ask something, and watch who asks.').waitFor()
    await (await ask(page, 'one')).getByText('It is 21 °C in Dallas.').waitFor()
  })

  it.each([
    ['a step', { steps: [{}] }],
    ['a claim list', { steps: [{ ...trace()[2], token: { role: 'TR', observed: true, claims: [] } }] }],
    ['the turn', { turn: { mode: 'model' } }],
    ['a problem', { problem: 'AGENT_UNREACHABLE' }],
    ['a notice', { notices: [{ title: 'Note' }] }],
    ['the result', { result: {} }],
    ['the owner, who is none of the flow’s,', { owner: { kind: 'user', objectId: 'ada' } }],
  ])('is dropped where %s has another shape', async (_what, change) => {
    const page = await browser.open(agent.url)
    await (await ask(page, 'one')).getByText('It is 21 °C in Dallas.').waitFor()
    const stored: unknown = await page.evaluate(`JSON.parse(sessionStorage.getItem('conversation'))[0]`)
    await openWith(page, [Object.assign({}, stored, change)])
    await page.getByText('Ask something, and watch who asks.').waitFor()
  })

  it('leaves room for others, however long it is', async () => {
    const body = 'x'.repeat(900_000)
    const longSteps = trace().map(step => ({ ...step, response: { status: 200, body } }))
    agent.script = async (request, send) =>
      send(turnStart(request), ...steps(longSteps.slice(0, 1)), result(request, 'Long.'))
    const page = await browser.open(agent.url)
    for (const question of ['one', 'two', 'three', 'four']) {
      await (await ask(page, question)).getByText('Long.').waitFor()
    }
    await page.reload()
    await page.getByRole('article', { name: 'four' }).waitFor()
    expect(await page.evaluate(`sessionStorage.getItem('conversation').length`)).toBeLessThan(2_000_000)
  })
})
