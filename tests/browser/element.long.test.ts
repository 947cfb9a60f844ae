import { temporaryFolder } from '@entra-agents/service-kit/testing/temporary-file'
import { buildElement } from '@entra-agents/trace-view/build/element'
import { publicConfig } from '@entra-agents/trace-view/testing/public-config'
import { step } from '@entra-agents/trace-view/testing/trace'
import { expect, it } from 'vitest'
import { useBrowser } from './support/browser.ts'
import { allRules, examineState, loadAxe } from './support/examine-states.ts'
import { openForeignPage, setOn } from './support/foreign-page.ts'
import { trace, traceForUser } from './support/turns.ts'

const browser = useBrowser()
const folder = temporaryFolder()
await buildElement(folder)
const { agents, apis, names: ids } = publicConfig
const names = { agents, apis, ids, emulated: ['entra'] }

it.each([
  [1440, 'light'],
  [1440, 'dark'],
  [320, 'light'],
  [320, 'dark'],
] as const)(
  'axe finds no violation in the element at %s pixels, %s, in any of its views',
  async (width, colorScheme) => {
    const page = await openForeignPage(browser, folder, {
      styles: '',
      viewport: { width, height: 1000 },
      colorScheme,
    })
    const examine = (state: string) =>
      examineState(page, allRules, `element, ${state}`, `${colorScheme}, ${width}`)
    await loadAxe(page)
    await setOn(page, { trace: traceForUser(), names })
    await page.locator('.formula').waitFor()
    await page.locator('.step').first().waitFor()
    await examine('verdict and steps')
    await page.locator('.step').first().press(']')
    await page.locator('button.plate[data-token=TR]').click()
    await page.locator('.token-card').waitFor()
    await page.locator('.step-more pre').first().waitFor()
    await examine('all open')
    for (const view of ['Sequence', 'Compare']) {
      await page.getByRole('radio', { name: view }).check()
      await page.locator(view === 'Compare' ? '.compared' : '.lanes').waitFor()
      await examine(view)
    }
  },
)

it('The element follows the system’s theme, unless the page sets one', async () => {
  const page = await openForeignPage(browser, folder, { colorScheme: 'dark' })
  await setOn(page, { trace: trace() })
  await page.locator('.strip').waitFor()
  const isDark = () =>
    page.evaluate(`{
      const box = document.querySelector('identity-trace').shadowRoot.querySelector('.trace-page')
      getComputedStyle(box).backgroundColor === 'rgb(14, 17, 19)'
    }`)
  expect(await isDark()).toBe(true)
  await page.evaluate("document.querySelector('identity-trace').setAttribute('theme', 'light')")
  expect(await isDark()).toBe(false)
})

const deep = (levels: number) => `${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`
const inBody = (body: string) =>
  `[{ ...${JSON.stringify(step('a', { kind: 'api-call' }))}, request: { method: 'GET', url: 'http://a', headers: {}, body: ${body} } }]`
const steps = (members: object) => JSON.stringify([step('a', members)])

const many = (length: number) =>
  `Array(${length}).fill(${JSON.stringify(step('a'))}).map((step, at) => ({ ...step, id: 's' + at }))`

it.each([
  ['no list', '42', 'Left out'],
  ['a text', '"trace"', 'Left out'],
  ['nothing', 'null', 'No steps.'],
  ['members that are no steps', '[null, 1, "a", [], {}, () => {}, Symbol.iterator]', '7 members'],
  [
    'a step of an unknown kind beside one that is known',
    `[...${steps({})}, ...${steps({ kind: 'teleport' })}]`,
    '1 member',
  ],
  ['a member that only a later version knows', steps({ later: true }), '1 member'],
  ['a circle', '(() => { const step = {}; step.parent = step; return [step] })()', 'Left out'],
  ['a member that throws when it is read', '[{ get id() { throw new Error("no") } }]', 'Left out'],
  ['a body that is nested 50 times', inBody(deep(50)), '1 step'],
  ['a body that is nested 5,000 times', inBody(`JSON.parse('${deep(5_000)}')`), /./],
  ['a time that is none', steps({ startedAt: '2026-13-45T99:99:99Z' }), '1 member'],
  ['two steps with one id', `[...${steps({})}, ...${steps({ status: 'failed' })}]`, '1 step'],
  [
    'steps that contain each other',
    JSON.stringify([step('a', { parentId: 'b' }), step('b', { parentId: 'a' })]),
    '2 steps',
  ],
  [
    'two thousand steps, each below the one before it',
    `${many(2_000)}.map((step, at, all) => ({ ...step, parentId: all[at - 1]?.id }))`,
    '2000 steps',
  ],
  ['more steps than are shown', many(100_000), '98000 members'],
  ['a title of a million letters', steps({ tool: { name: 'x'.repeat(1_000_000) } }), '1 step'],
] as const)('A trace that is %s is told clearly, and the next one is shown', async (_name, given, words) => {
  const page = await openForeignPage(browser, folder, { styles: '' })
  await page.evaluate(`void (document.querySelector('identity-trace').trace = ${given})`)
  await page.getByText(words).first().waitFor()
  await setOn(page, { trace: trace(), names })
  await page.getByRole('heading', { name: /called Orders API as itself/ }).waitFor()
})

it('What changes the direction of reading is spelt out, and markup is text', async () => {
  const page = await openForeignPage(browser, folder)
  const hostile = '\u202Etxet<img src=x onerror=alert(1)>'
  const problem = {
    type: '',
    title: hostile,
    status: 502,
    detail: hostile,
    code: hostile,
    hint: hostile,
    requestId: '',
  }
  await setOn(page, {
    trace: [
      step('a', {
        status: 'failed',
        title: hostile,
        tool: { name: hostile, arguments: { [hostile]: hostile } },
        problem,
        request: {
          method: hostile,
          url: `http://a/${hostile}`,
          headers: { [hostile]: hostile },
          body: hostile,
        },
      }),
    ],
    names: { agents: [{ name: 'a', title: 'Agent' }] },
  })
  await page.locator('.step').first().click()
  await page.locator('.step-more pre').first().waitFor()
  const box = page.locator('.trace-page')
  expect(await box.locator('img').count()).toBe(0)
  const text = (await box.textContent()) ?? ''
  expect(text).toContain('‹U+202E›')
  expect(text).not.toMatch(/\p{Bidi_Control}/u)
})
