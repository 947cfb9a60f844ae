import type { Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { useBrowser } from './support/browser.ts'
import { ask, choose } from './support/steps.ts'
import { type AgentModeFlow, deltaEvent, problem, resultEvent, status, turnStart } from './support/turns.ts'
import { useScriptedAgent } from './support/use-scripted-agent.ts'

const browser = useBrowser()
const agent = await useScriptedAgent(request => [resultEvent(request, 'It is on its way.')])

const question = 'Where is order 7?'
const usage = { inputTokens: 900, outputTokens: 30, cacheReadInputTokens: 800, cacheWriteInputTokens: 0 }

/** Answers in two parts; the second comes when the returned function is called. */
function answerInParts(first: string, rest: string, more: Partial<AgentModeFlow> = {}): () => void {
  const { promise, resolve } = Promise.withResolvers<void>()
  agent.script = async (request, send) => {
    const asked = { ...request, ...more }
    send(turnStart(asked), deltaEvent(first))
    await promise
    send(deltaEvent(rest), resultEvent(asked, first + rest, { usage }))
  }
  return resolve
}

describe('an answer', () => {
  it('appears while it is written, below a label with the mode and flow that the agent reports', async () => {
    const goOn = answerInParts('It is ', 'there.', { mode: 'bedrock', flow: 'obo' })
    const page = await browser.open(agent.url)
    const answer = await ask(page, question)
    await answer.getByText('It is', { exact: true }).waitFor()
    await expect.poll(() => page.title()).toContain('Answering')
    expect(await answer.locator('.who > span').allTextContents()).toEqual([
      'The agent for you · Bedrock',
      'anthropic.claude-test emulated',
    ])
    goOn()
    await answer.getByText('It is there.').waitFor()
    await page
      .getByRole('status')
      .getByText(/Answer complete, [1-9][\d.]* (milli)?seconds?/)
      .waitFor({ state: 'attached' })
    await expect.poll(() => page.title()).not.toContain('Answering')
    await answer.getByText('900 tokens in (800 from the cache), 30 out · first word 31 ms · 42 ms').waitFor()
  })

  it('is stopped by the Stop button, or by Esc even at the moment when this button appears; the agent notices', async () => {
    const gone = agent.neverEnd(deltaEvent('It is '))
    const page = await browser.open(agent.url)
    const answer = await ask(page, question)
    await answer.getByText('It is', { exact: true }).waitFor()
    expect(await page.getByRole('button', { name: 'Send' }).count()).toBe(0)
    await page.getByRole('button', { name: 'Stop' }).click()
    await gone
    await answer.getByText('This answer was stopped.').waitFor()
    await page.getByRole('button', { name: 'Send' }).waitFor()
    expect(await answer.getByText('It is', { exact: true }).isVisible()).toBe(true)

    void agent.neverEnd()
    await page.evaluate(`new MutationObserver((_changes, observer) => {
      if (document.querySelector('.send').textContent !== 'Stop') return
      observer.disconnect()
      document.body.dispatchEvent(new KeyboardEvent('keydown', { key: 'Escape', bubbles: true }))
    }).observe(document.body, { childList: true, subtree: true, characterData: true })`)
    const next = await ask(page, 'And order 8?')
    await next.getByText('This answer was stopped.').waitFor()
  })

  it('that fails shows the reason, what to do and a code; “Ask again” replaces it by the new answer with its notices', async () => {
    const data = { ...problem('SIDECAR_UNREACHABLE'), hint: 'What to do with \u202E7.' }
    agent.answer(() => [{ event: 'problem', data }])
    const page = await browser.open(agent.url)
    const answer = await ask(page, question)
    await answer.getByText('Title of SIDECAR_UNREACHABLE.').waitFor()
    const note = answer.getByRole('group', { name: 'Failed' })
    expect(await note.textContent()).toMatch(
      /SIDECAR_UNREACHABLE.*What happened\..*What to do with ‹U\+202E›7\./,
    )
    const about = note.getByRole('link', { name: 'All about this code' })
    expect(await about.count()).toBe(0)
    await note.getByRole('button', { name: 'SIDECAR_UNREACHABLE', expanded: false }).click()
    expect(await about.getAttribute('href')).toMatch(/#SIDECAR_UNREACHABLE$/)
    expect(await page.getByLabel('Your question').inputValue()).toBe('')

    const notice = problem('TOOL_NOT_CALLED')
    const notices = [notice]
    agent.answer(request => [{ event: 'notice', data: notice }, resultEvent(request, 'Sunny.', { notices })])
    await answer.getByRole('button', { name: 'Ask again' }).click()
    await page.getByText('Sunny.').waitFor()
    await answer.getByText('Note: Title of TOOL_NOT_CALLED.').waitFor()
    expect(await page.getByRole('article').count()).toBe(1)
  })

  it('that fails because a policy is missing shows the policy to paste, with a button that copies the policy', async () => {
    const policy = { Effect: 'Allow', Action: ['bedrock:InvokeModel'], Resource: ['arn:aws:bedrock:*::x'] }
    const hint = `Attach to the principal: ${JSON.stringify(policy)}`
    const denied = problem('BEDROCK_ACCESS_DENIED', { hint })
    agent.answer(() => [{ event: 'problem', data: denied }])
    const bedrock = { state: 'unavailable', problem: denied }
    agent.status = { ...status, components: { ...status.components, bedrock } }
    const page = await browser.open(agent.url, { permissions: ['clipboard-read', 'clipboard-write'] })
    const answer = await ask(page, question)
    await answer.getByText('Attach to the principal:', { exact: true }).waitFor()
    expect(await answer.locator('pre').textContent()).toBe(JSON.stringify(policy, undefined, 2))
    await answer.getByRole('button', { name: 'Copy the JSON' }).click()
    await answer.getByRole('button', { name: 'Copied' }).waitFor()
    expect(JSON.parse(await page.evaluate('navigator.clipboard.readText()'))).toEqual(policy)

    await page.getByRole('button', { name: 'Status: Bedrock not available' }).click()
    await page.locator('.status-lines').getByRole('button', { name: 'Copy the JSON' }).waitFor()
  })
})

describe('the end of a long answer', () => {
  /** More lines than fit on the screen. */
  const manyLines = 'One more line.\n\n'.repeat(60)
  const distanceToEnd = (page: Page) =>
    page.getByRole('log').evaluate(it => it.scrollHeight - it.scrollTop - it.clientHeight)
  const expectAtEnd = (page: Page) => expect.poll(() => distanceToEnd(page)).toBeLessThan(2)
  const jumpButton = (page: Page) => page.getByRole('button', { name: 'Jump to latest' })

  async function scrollUp(page: Page, pixels = 400): Promise<void> {
    await page.getByRole('log').hover()
    await page.mouse.wheel(0, -pixels)
    await jumpButton(page).waitFor()
  }

  /** Asks, and waits until the page has followed the first part of a long answer to its end. */
  async function followLongAnswer(page: Page, rest = manyLines): Promise<() => Promise<void>> {
    const goOn = answerInParts(manyLines, rest)
    const answer = (await ask(page, question)).last()
    await answer.getByText('One more line.').first().waitFor()
    await expectAtEnd(page)
    return async () => {
      goOn()
      await answer.locator('.timing').waitFor({ state: 'attached' })
    }
  }

  it('stays in view while the answer grows, unless the user has scrolled away', async () => {
    const page = await browser.open(agent.url)
    const complete = await followLongAnswer(page)
    await scrollUp(page)
    await complete()
    expect(await distanceToEnd(page)).toBeGreaterThan(400)
    await jumpButton(page).click()
    await expectAtEnd(page)
    await jumpButton(page).waitFor({ state: 'detached' })
    await scrollUp(page)
    await page.getByRole('button', { name: 'New conversation' }).click()
    await page.getByText('Watch an agent prove who it is.').waitFor()
    expect(await jumpButton(page).count(), 'nothing to jump to').toBe(0)
  })

  it('is not followed again when formatting makes the answer shorter after the user has scrolled away', async () => {
    const formatting = Promise.withResolvers<void>()
    const page = await browser.open('about:blank')
    await page.route('**/assets/markdown-*.js', async route => {
      await formatting.promise
      await route.continue()
    })
    await page.goto(agent.url)
    const complete = await followLongAnswer(page)
    await scrollUp(page, 100)
    formatting.resolve()
    await page.locator('.answer-text .said').waitFor({ state: 'detached' })
    await complete()
    expect(await distanceToEnd(page)).toBeGreaterThan(400)
  })

  it('is still followed when the answer grows, or becomes shorter and grows again, before the scroll event', async () => {
    const page = await browser.open(agent.url)
    const complete = await followLongAnswer(page)
    await page.locator('.answer-text .said').waitFor({ state: 'detached' })
    await expectAtEnd(page)
    await page.evaluate(`(async () => {
      const log = document.querySelector('.log')
      const { style } = log.querySelector('article:last-child')
      const setSpace = async pixels => {
        style.setProperty('padding-bottom', pixels + 'px')
        for (let frames = 0; frames < 3; frames += 1) await new Promise(drawn => requestAnimationFrame(drawn))
      }
      // The answer is suddenly taller, and only then the event of the last scroll arrives.
      style.setProperty('padding-bottom', '300px')
      log.dispatchEvent(new Event('scroll'))
      await setSpace(600)
      const hold = event => event.isTrusted && event.stopImmediatePropagation()
      document.addEventListener('scroll', hold, true)
      await setSpace(0)
      style.setProperty('padding-bottom', '150px')
      log.dispatchEvent(new Event('scroll'))
      document.removeEventListener('scroll', hold, true)
    })()`)
    await complete()
    await expectAtEnd(page)
    expect(await jumpButton(page).count()).toBe(0)
  })

  it('is shown when the answer is complete, even in a background tab, which draws no frames', async () => {
    const page = await browser.open('about:blank')
    await page.addInitScript('globalThis.requestAnimationFrame = () => 0')
    await page.goto(agent.url)
    const goOn = answerInParts('It is ', 'there.')
    const answer = await ask(page, question)
    await answer.getByText('It is', { exact: true }).waitFor()
    goOn()
    await answer.locator('.timing').waitFor()
    expect(await answer.locator('.answer-text').textContent()).toBe('It is there.')
  })
})

describe('a reload', () => {
  it('keeps the conversation with its history, and of an answer that is coming what had arrived; also draft and mode', async () => {
    const page = await browser.open(agent.url)
    await (await ask(page, 'one')).getByText('It is on its way.').waitFor()
    await page.reload()
    await page.getByRole('article', { name: 'one' }).getByText('It is on its way.').waitFor()
    void agent.neverEnd(deltaEvent('It is '))
    await (await ask(page, 'two')).getByText('It is', { exact: true }).waitFor()
    expect((await agent.received(2))[1]?.history).toEqual([
      { role: 'user', text: 'one' },
      { role: 'assistant', text: 'It is on its way.' },
    ])
    await choose(page, 'Bedrock')
    await page.getByLabel('Your question').fill('half a ques')
    await page.reload()
    await page.getByText('It is', { exact: true }).waitFor()
    await page.getByText('The page was left before this answer was complete.').waitFor()
    expect(await page.locator('textarea:focus').inputValue()).toBe('half a ques')
    expect(await page.getByLabel('Execution mode').inputValue()).toBe('bedrock')

    await page.getByRole('button', { name: 'New conversation' }).click()
    await page.getByRole('button', { name: 'Undo' }).click()
    await page.getByRole('article', { name: 'two' }).waitFor()
    await page.getByRole('button', { name: 'New conversation' }).click()
    await page.reload()
    await page.getByText('Watch an agent prove who it is.').waitFor()
    expect(await page.getByRole('article').count()).toBe(0)
  })
})

it('A link to an answer that this conversation does not have leads to a notice, even if it has as many answers', async () => {
  const notice = 'This link leads to an answer of a conversation in another tab'
  const page = await browser.open(`${agent.url}#turn=1&view=steps&step=4&id=of-another-tab`)
  await page.getByRole('status').getByText(notice, { exact: false }).waitFor()
  await (await ask(page, 'one')).getByText('It is on its way.').waitFor()
  expect(await page.getByText(notice, { exact: false }).count(), 'gone with the first question').toBe(0)
  await page.evaluate("location.hash = '#turn=1&view=steps&id=of-an-earlier-conversation'")
  await page.getByText(notice, { exact: false }).waitFor()
  await page.getByRole('article', { name: 'one' }).waitFor()
})

it('A page whose script does not arrive says so instead of staying empty', async () => {
  const page = await browser.open('about:blank', { tolerateFaults: true })
  await page.route(/\/assets\/.*\.js$/, route => route.fulfill({ status: 403 }))
  await page.goto(agent.url)
  await page.getByText('its script did not arrive', { exact: false }).waitFor()
  await page.unrouteAll()
  await page.reload()
  await page.getByLabel('Your question').waitFor()
  expect(await page.getByText('its script did not arrive', { exact: false }).count()).toBe(0)
})
