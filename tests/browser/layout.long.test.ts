import type { Locator, Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { useBrowser } from './support/browser.ts'
import { twoAgents } from './support/examine-states.ts'
import { ask } from './support/steps.ts'
import { resultEvent, stepEvents, trace } from './support/turns.ts'
import { useScriptedAgent } from './support/use-scripted-agent.ts'

const browser = useBrowser()
const agent = await useScriptedAgent(request => [...stepEvents(trace()), resultEvent(request, 'Sunny.')])

async function openPage(width: number, height = 800, options = {}): Promise<Page> {
  const page = await browser.open(agent.url, { viewport: { width, height }, ...options })
  await page.getByLabel('Your question').waitFor()
  return page
}

async function askAndWait(page: Page, question = 'Question'): Promise<Locator> {
  const answer = await ask(page, question)
  await answer.getByText('Sunny.').waitFor()
  return answer
}

/** The places of all elements, once they are read at the same moment. */
async function boxesOf(list: Locator) {
  const boxes = await list.evaluateAll(all => all.map(it => it.getBoundingClientRect().toJSON()))
  return boxes as readonly Record<'left' | 'right' | 'top' | 'bottom' | 'width' | 'height', number>[]
}

/** The columns in which the questions to try stand. */
const columnsOfTries = (page: Page) =>
  page.evaluate<readonly string[]>(
    "getComputedStyle(document.querySelector('.tries')).gridTemplateColumns.split(' ')",
  )

describe('the two panes', () => {
  it('are full height, each with its own scrolling', async () => {
    const page = await openPage(1280)
    expect(await columnsOfTries(page)).toHaveLength(2)
    for (let turn = 0; turn < 6; turn += 1) await askAndWait(page, `Question ${turn}`)
    await page.locator('.step').first().press(']')
    expect(await page.evaluate('document.documentElement.scrollHeight')).toBe(800)
    const panes = await boxesOf(page.locator('.pane'))
    expect(panes.map(({ bottom }) => bottom)).toEqual([800, 800])
    expect(
      panes.map(({ width }) => Math.round(width)),
      '5 to 7',
    ).toEqual([533, 747])
    const heads = await boxesOf(page.locator('.bar, .pane-head:visible'))
    expect(
      heads.map(({ height }) => height),
      'the bar, and the head of the trace',
    ).toEqual([52, 48])
    const overflows = await page
      .locator('.log, .trace-body')
      .evaluateAll(regions => regions.map(region => region.scrollHeight > region.clientHeight))
    expect(overflows).toEqual([true, true])
  })
})

describe('below 900 px', () => {
  it('one pane is shown at a time, chosen by tabs; an answer says who called for whom, since its trace is not beside it', async () => {
    const page = await openPage(899)
    const [conversation, traced] = [page.locator('#pane-conversation'), page.locator('#pane-trace')]
    const answer = await askAndWait(page)
    expect([await conversation.isVisible(), await traced.isVisible()]).toEqual([true, false])
    await answer.getByText('The agent called Orders API as itself.').waitFor()
    await answer.getByText('Allowed').waitFor()
    await page.getByRole('tab', { name: 'Conversation' }).press('ArrowRight')
    expect([await conversation.isVisible(), await traced.isVisible()]).toEqual([false, true])
    expect(await page.locator(':focus').textContent()).toBe('Identity Trace')
    await page.getByRole('tab', { name: 'Conversation' }).click()
    await page.getByRole('button', { name: 'Show the trace of “Question”' }).click()
    await traced.getByText('Call Orders API').waitFor()
    await page.setViewportSize({ width: 1280, height: 800 })
    await answer.getByText('Allowed').waitFor({ state: 'detached' })
  })

  it('a phone has most of its height for the conversation, buttons high enough for touch, and the trace’s tools in one line', async () => {
    const small = await openPage(320, 640)
    expect(await columnsOfTries(small)).toHaveLength(1)
    const log = small.getByRole('log')
    expect((await log.boundingBox())?.height).toBeGreaterThan(640 * 0.55)
    expect(await log.evaluate(it => it.scrollTop), 'an empty conversation is read from its top').toBe(0)
    const targets = await boxesOf(small.locator('button:visible, label:visible'))
    const heights = targets.map(({ height }) => height).filter(height => height > 1)
    expect(Math.min(...heights)).toBeGreaterThanOrEqual(24)
    const page = await openPage(320, 640, { hasTouch: true, isMobile: true })
    const more = page.getByRole('button', { name: /^More: new/ })
    await more.click()
    const rows = await boxesOf(page.locator('.menu:popover-open button:visible').or(more))
    expect(rows).toHaveLength(6)
    for (const { height } of rows) expect(height).toBeGreaterThanOrEqual(44)
    await page.keyboard.press('Escape')
    await askAndWait(page)
    await page.getByRole('tab', { name: 'Identity Trace' }).click()
    await page.locator('.step').first().waitFor()
    const head = page.locator('.pane-head')
    const [views, ...tools] = await boxesOf(head.locator(':scope > fieldset, :scope > button'))
    expect(tools).toHaveLength(1)
    for (const tool of tools) {
      expect(tool.top).toBeLessThan(views?.bottom ?? 0)
      expect(tool.left).toBeGreaterThan(views?.right ?? 320)
      expect(tool.right).toBeLessThanOrEqual(320)
    }
    for (const name of ['Side by side', 'Present', 'Share']) {
      await head.getByRole('button', { name: /^More/ }).click()
      await head.getByRole('button', { name, exact: true }).waitFor()
      await page.keyboard.press('Escape')
    }
  })
})

it('zoomed to 400 % the page scrolls as a whole, from its start: nothing sticks, and the log scrolls with the composer', async () => {
  agent.config = twoAgents
  const page = await openPage(360, 225)
  await page.getByRole('button', { name: 'Where is order 7?' }).waitFor()
  const [title] = await boxesOf(page.getByRole('heading', { level: 2 }).filter({ visible: true }))
  expect(await page.evaluate('[scrollY, document.activeElement.tagName]')).toEqual([0, 'BODY'])
  expect(title?.top).toBeLessThan(225)
  await askAndWait(page)
  const inner = `['.log', '.conversation'].map(part => document.querySelector(part)).map(it => it.scrollHeight - it.clientHeight)`
  expect(await page.evaluate(inner)).toEqual([0, 0])
  const scrollToEnd = async () => {
    await page.evaluate('scrollTo(0, document.documentElement.scrollHeight)')
    const boxes = await Promise.all(['.bar', '.composer'].map(part => boxesOf(page.locator(part))))
    const [bar, composer] = boxes.map(([box]) => box)
    // The document’s height is rounded.
    return { isBarGone: Number(bar?.bottom) < 0, isComposerWhole: Number(composer?.bottom) < 226 }
  }
  await expect.poll(scrollToEnd).toEqual({ isBarGone: true, isComposerWhole: true })
})

it('in a narrow window the agent’s name is whole, and a row of the menu opens a panel in the menu’s place', async () => {
  agent.config = twoAgents
  const page = await openPage(320, 640)
  const [name] = await boxesOf(page.getByRole('button', { name: 'Agent: Weather agent' }))
  const [status] = await boxesOf(page.getByRole('button', { name: /^Status/ }))
  expect(name?.width).toBeGreaterThan(120)
  expect(status?.left).toBeGreaterThanOrEqual(name?.right ?? 320)
  const focus = page.locator(':focus')
  await page.getByRole('button', { name: /^More: new/ }).click()
  await page.getByRole('button', { name: 'Earlier conversations' }).click()
  const panel = page.getByRole('region', { name: 'Earlier conversations' })
  await panel.getByText('There are none.').waitFor()
  expect((await panel.boundingBox())?.width).toBe(320 - 16)
  await page.keyboard.press('Escape')
  await expect.poll(() => focus.textContent()).toContain('Earlier')
  await page.keyboard.press('Escape')
  await expect.poll(() => focus.getAttribute('aria-label')).toContain('More')
})

it('a panel opens at its button, even if there is little room; what is emulated is marked', async () => {
  const page = await openPage(1280)
  for (const width of [1280, 768, 320]) {
    await page.setViewportSize({ width, height: 800 })
    const names = width < 900 ? [/^Status/, /^More: new/] : [/^Earlier/, /^Status/, /^What the model/]
    for (const name of [/documentation/, ...names]) {
      const button = page.getByRole('button', { name })
      await button.click()
      const [at] = await boxesOf(button)
      const [panel] = await boxesOf(page.locator('.popover:popover-open'))
      if (!at || !panel) throw new Error('It is not to be seen.')
      const middle = at.left + at.width / 2
      const isAtButton = panel.left < middle && panel.right > middle
      const isInside = panel.left >= 0 && panel.right <= width
      expect([isAtButton, isInside], `${name} at ${width} px`).toEqual([true, true])
      expect(panel.top - at.bottom).toBeGreaterThanOrEqual(0)
      expect(panel.top - at.bottom).toBeLessThan(16)
      await page.keyboard.press('Escape')
    }
    const status = page.getByRole('button', { name: /^Status: .*emulated$/ })
    if (width > 900) expect((await status.getByText('emulated').boundingBox())?.width).toBeGreaterThan(40)
    else expect(await status.count()).toBe(1)
  }
})

it('nothing scrolls sideways, however wide the window is', async () => {
  const page = await openPage(1280)
  await ask(page, 'A-very-long-word-without-any-place-to-break-it-'.repeat(8))
  await page.getByText('Sunny.').waitFor()
  await page.locator('.step').first().press(']')
  const expectNothingSideways = async (widths: readonly number[], view: string) => {
    for (const width of widths) {
      await page.setViewportSize({ width, height: 800 })
      // The page adapts to the new width a moment later.
      const scrollWidth = () => page.evaluate('document.documentElement.scrollWidth')
      await expect.poll(scrollWidth, { message: `${view} at ${width} px` }).toBeLessThanOrEqual(width)
    }
  }
  const showEachView = async (widths: readonly number[]) => {
    for (const view of ['Compare', 'Sequence', 'Steps']) {
      await page.getByRole('radio', { name: view }).check()
      await expectNothingSideways(widths, view)
    }
  }
  await showEachView([900, 1024, 1280, 1920])
  const narrow = [320, 360, 480, 768, 899]
  await page.setViewportSize({ width: 899, height: 800 })
  await page.getByRole('tab', { name: 'Conversation' }).click()
  await expectNothingSideways(narrow, 'Conversation')
  await page.getByRole('tab', { name: 'Identity Trace' }).click()
  await showEachView(narrow)
  // Narrower steps have no scale.
  await page.setViewportSize({ width: 620, height: 800 })
  await page.locator('.time-lane').first().waitFor()
  const marks = await boxesOf(page.locator('.axis text'))
  expect(marks.length).toBeGreaterThan(1)
  for (const [index, mark] of marks.entries()) {
    const leftOf = marks[index - 1]?.right ?? 0
    expect(mark.left, 'no mark of the scale of time covers another').toBeGreaterThan(leftOf)
    expect(mark.right).toBeLessThanOrEqual(620)
  }
})

it('a table in an answer scrolls in a narrow window and splits no word', async () => {
  const row = '| Temperature | Precipitation | Humidity | `climate_normals` | Wind direction |'
  agent.answer(request => [resultEvent(request, `${row}\n|-|-|-|-|-|\n${row}`)])
  const page = await openPage(320)
  await ask(page, 'Question')
  const cells = page.locator('.answer-table :is(th, td)')
  await cells.first().waitFor()
  const lines = await cells.evaluateAll(list =>
    list.map(cell => {
      const words = cell.ownerDocument.createRange()
      words.selectNodeContents(cell.firstElementChild ?? cell)
      return new Set([...words.getClientRects()].map(({ top }) => Math.round(top))).size
    }),
  )
  expect(lines).toEqual([1, 1, 1, 1, 2, 1, 1, 1, 1, 2])
  expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(320)
})

it('nothing jumps while an answer arrives', async () => {
  const page = await openPage(1280)
  await page.evaluate(`globalThis.shifts = 0
    new PerformanceObserver(list => {
      for (const { value } of list.getEntries()) shifts += value
    }).observe({ type: 'layout-shift', buffered: true })`)
  await ask(page, 'Question')
  await page.locator('.step').nth(4).waitFor()
  expect(await page.evaluate('shifts')).toBeLessThan(0.05)
})

it('the theme is the system’s until the user chooses another, which stays', async () => {
  const page = await browser.open(agent.url, { colorScheme: 'light' })
  const paper = () => page.evaluate('getComputedStyle(document.body).backgroundColor')
  const light = await paper()
  await page.emulateMedia({ colorScheme: 'dark' })
  expect(await paper()).not.toBe(light)
  const theme = page.getByRole('button', { name: /^Theme/ })
  await theme.click()
  expect([await paper(), await theme.textContent()]).toEqual([light, 'Theme: light'])
  await page.reload()
  await page.getByLabel('Your question').waitFor()
  expect(await paper()).toBe(light)
})
