import type { Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { useBrowser } from './support/browser.ts'
import { ask, choose } from './support/steps.ts'
import { type AgentModeFlow, deltaEvent, problem, resultEvent, status, turnStart } from './support/turns.ts'
import { useScriptedAgent } from './support/use-scripted-agent.ts'

const browser = useBrowser()
const agent = await useScriptedAgent(request => [resultEvent(request, 'It is 21 °C in Dallas.')])

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
async function followLongAnswer(page: Page, rest: string): Promise<() => Promise<void>> {
  const goOn = answerInParts(manyLines, rest)
  const answer = await ask(page, 'Weather in Dallas?')
  await answer.getByText('One more line.').first().waitFor()
  await expectAtEnd(page)
  return async () => {
    goOn()
    await answer.locator('.timing').waitFor({ state: 'attached' })
  }
}

describe('an answer', () => {
  it('appears while it is written, below a label with the mode and flow that the agent reports', async () => {
    const goOn = answerInParts('It is ', '21 °C.', { mode: 'bedrock', flow: 'obo' })
    const page = await browser.open(agent.url)
    await ask(page, 'Weather in Dallas?')
    const answer = page.getByRole('article')
    await answer.getByText('It is', { exact: true }).waitFor()
    await expect.poll(() => page.title()).toContain('Answering')
    expect(await answer.locator('.label').allTextContents()).toEqual([
      'Bedrock · On behalf of you',
      'anthropic.claude-test emulated',
    ])
    goOn()
    await answer.getByText('It is 21 °C.').waitFor()
    await page
      .getByRole('status')
      .getByText(/Answer complete, [1-9][\d.]* (milli)?seconds?/)
      .waitFor({ state: 'attached' })
    await expect.poll(() => page.title()).not.toContain('Answering')
    await answer.getByText('900 tokens in (800 from the cache), 30 out · first word 31 ms · 42 ms').waitFor()
  })

  it('is whole when it is shown as complete, even in a background tab, which draws no frames', async () => {
    const goOn = answerInParts('It is ', '21 °C.')
    const page = await browser.open('about:blank')
    await page.addInitScript('globalThis.requestAnimationFrame = () => 0')
    await page.goto(agent.url)
    const answer = await ask(page, 'Weather in Dallas?')
    await answer.getByText('It is', { exact: true }).waitFor()
    goOn()
    await answer.locator('.timing').waitFor()
    expect(await answer.locator('.answer-text').textContent()).toBe('It is 21 °C.')
  })

  it.each([
    ['the Stop button', (page: Page) => page.getByRole('button', { name: 'Stop' }).click()],
    ['Esc', (page: Page) => page.keyboard.press('Escape')],
  ])('is stopped by %s, and the agent notices', async (_what, stop) => {
    const gone = agent.neverEnd(deltaEvent('It is '))
    const page = await browser.open(agent.url)
    await ask(page, 'Weather in Dallas?')
    await page.getByText('It is', { exact: true }).waitFor()
    expect(await page.getByRole('button', { name: 'Send' }).count()).toBe(0)
    await stop(page)
    await gone
    await page.getByText('This answer was stopped.').waitFor()
    await page.getByRole('button', { name: 'Send' }).waitFor()
    expect(await page.getByText('It is', { exact: true }).isVisible()).toBe(true)
  })

  it('is stopped by Esc, even if the key is pressed at the moment when the Stop button appears', async () => {
    void agent.neverEnd()
    const page = await browser.open(agent.url)
    await page.getByLabel('Your question').waitFor()
    await page.evaluate(`new MutationObserver((_changes, observer) => {
      if (document.querySelector('.send').textContent !== 'Stop') return
      observer.disconnect()
      document.body.dispatchEvent(new KeyboardEvent('keydown', { key: 'Escape', bubbles: true }))
    }).observe(document.body, { childList: true, subtree: true, characterData: true })`)
    await ask(page, 'Weather in Dallas?')
    await page.getByText('This answer was stopped.').waitFor()
  })

  it('that fails shows the reason, what to do and a code; “Ask again” replaces it by the new answer', async () => {
    agent.answer(() => [{ event: 'problem', data: problem('SIDECAR_UNREACHABLE') }])
    const page = await browser.open(agent.url)
    await ask(page, 'Weather in Dallas?')
    const answer = page.getByRole('article')
    await answer.getByText('Title of SIDECAR_UNREACHABLE.').waitFor()
    expect(await answer.textContent()).toMatch(/What happened\..*What to do\..*SIDECAR_UNREACHABLE/)
    expect(await page.getByLabel('Your question').inputValue()).toBe('')

    agent.answer(request => [resultEvent(request, 'Sunny.')])
    await answer.getByRole('button', { name: 'Ask again' }).click()
    await page.getByText('Sunny.').waitFor()
    expect(await page.getByRole('article').count()).toBe(1)
  })

  it('offers to edit the question, or to ask the model, if Direct mode has no answer', async () => {
    const notKnown = { event: 'problem', data: problem('CITY_NOT_RECOGNISED', { status: 422 }) } as const
    agent.answer(request => [
      request.mode === 'bedrock' ? resultEvent(request, 'I look things up.') : notKnown,
    ])
    const page = await browser.open(agent.url)
    const answer = await ask(page, 'Who are you?')
    await answer.getByRole('button', { name: 'Ask in Bedrock mode' }).waitFor()
    expect(await answer.getByRole('button', { name: 'Ask again' }).count()).toBe(0)
    await answer.getByRole('button', { name: 'Edit the question' }).last().click()
    expect(await page.locator('textarea:focus').inputValue()).toBe('Who are you?')
    await page.getByRole('button', { name: 'Cancel' }).click()
    await answer.getByRole('button', { name: 'Ask in Bedrock mode' }).click()
    await page.getByText('I look things up.').waitFor()
  })

  it('that fails because a policy is missing shows the policy to paste, with a button that copies the policy', async () => {
    const policy = { Effect: 'Allow', Action: ['bedrock:InvokeModel'], Resource: ['arn:aws:bedrock:*::x'] }
    const hint = `Attach to the principal: ${JSON.stringify(policy)}`
    const denied = problem('BEDROCK_ACCESS_DENIED', { hint })
    agent.answer(() => [{ event: 'problem', data: denied }])
    const bedrock = { state: 'unavailable', problem: denied }
    agent.status = { ...status, components: { ...status.components, bedrock } }
    const page = await browser.open(agent.url, { permissions: ['clipboard-read', 'clipboard-write'] })
    const answer = await ask(page, 'Weather in Dallas?')
    await answer.getByText('Attach to the principal:', { exact: true }).waitFor()
    expect(await answer.locator('pre').textContent()).toBe(JSON.stringify(policy, undefined, 2))
    await answer.getByRole('button', { name: 'Copy the JSON' }).click()
    await answer.getByRole('button', { name: 'Copied' }).waitFor()
    const copied: string = await page.evaluate('navigator.clipboard.readText()')
    expect(JSON.parse(copied)).toEqual(policy)

    await page.getByRole('button', { name: 'Status: Bedrock not available' }).click()
    await page.locator('.status-lines').getByRole('button', { name: 'Copy the JSON' }).waitFor()
  })

  it('is followed: its end stays in view while it grows, unless the user has scrolled away', async () => {
    const page = await browser.open(agent.url)
    const complete = await followLongAnswer(page, `${manyLines}The end.`)
    await scrollUp(page)
    await complete()
    expect(await distanceToEnd(page)).toBeGreaterThan(400)
    await jumpButton(page).click()
    await expectAtEnd(page)
    await jumpButton(page).waitFor({ state: 'detached' })
    await scrollUp(page)
    await page.getByRole('button', { name: 'New conversation' }).click()
    await page.getByText('Ask something, and watch who asks.').waitFor()
    expect(await jumpButton(page).count(), 'nothing to jump to').toBe(0)
  })

  it('is not followed again when formatting makes it shorter after the user has scrolled away', async () => {
    const formatting = Promise.withResolvers<void>()
    const page = await browser.open('about:blank')
    await page.route('**/assets/markdown-*.js', async route => {
      await formatting.promise
      await route.continue()
    })
    await page.goto(agent.url)
    const complete = await followLongAnswer(page, manyLines)
    await scrollUp(page, 100)
    formatting.resolve()
    await page.locator('.plain').waitFor({ state: 'detached' })
    await complete()
    expect(await distanceToEnd(page)).toBeGreaterThan(400)
  })

  it.each([
    [
      'grows between a scroll and the scroll event',
      // The answer is suddenly taller, and only then the event of the last scroll arrives.
      `style.setProperty('padding-bottom', '300px')
      log.dispatchEvent(new Event('scroll'))`,
    ],
    [
      'becomes shorter and grows again before the scroll event',
      `await setSpace(600)
      const hold = event => event.isTrusted && event.stopImmediatePropagation()
      document.addEventListener('scroll', hold, true)
      await setSpace(0)
      style.setProperty('padding-bottom', '150px')
      log.dispatchEvent(new Event('scroll'))
      document.removeEventListener('scroll', hold, true)`,
    ],
  ])('is still followed when it %s', async (_what, resize) => {
    const page = await browser.open(agent.url)
    const complete = await followLongAnswer(page, manyLines)
    await page.locator('.plain').waitFor({ state: 'detached' })
    await expectAtEnd(page)
    await page.evaluate(`(async () => {
      const log = document.querySelector('.log')
      const { style } = log.querySelector('article:last-child')
      const setSpace = async pixels => {
        style.setProperty('padding-bottom', pixels + 'px')
        for (let frames = 0; frames < 3; frames += 1) await new Promise(drawn => requestAnimationFrame(drawn))
      }
      ${resize}
    })()`)
    await complete()
    await expectAtEnd(page)
    expect(await jumpButton(page).count()).toBe(0)
  })

  it('shows the notices of its turn', async () => {
    const notice = problem('TOOL_NOT_CALLED')
    agent.answer(request => [
      { event: 'notice', data: notice },
      resultEvent(request, 'Sunny.', { notices: [notice] }),
    ])
    const answer = await ask(await browser.open(agent.url), 'Weather in Dallas?')
    await answer.getByText('Note: Title of TOOL_NOT_CALLED.').waitFor()
  })
})

describe('a reload', () => {
  it('keeps the conversation, and the history of the next question', async () => {
    const page = await browser.open(agent.url)
    await (await ask(page, 'one')).getByText('It is 21 °C in Dallas.').waitFor()
    await page.reload()
    await page.getByRole('article', { name: 'one' }).getByText('It is 21 °C in Dallas.').waitFor()
    await ask(page, 'two')
    expect((await agent.received(2))[1]?.history).toEqual([
      { role: 'user', text: 'one' },
      { role: 'assistant', text: 'It is 21 °C in Dallas.' },
    ])
    await page.getByRole('button', { name: 'New conversation' }).click()
    await page.getByRole('button', { name: 'Undo' }).click()
    await page.getByRole('article', { name: 'two' }).waitFor()
    await page.getByRole('button', { name: 'New conversation' }).click()
    await page.reload()
    await page.getByText('Ask something, and watch who asks.').waitFor()
    expect(await page.getByRole('article').count()).toBe(0)
  })

  it('in the middle of an answer keeps the part that had arrived, and draft and mode of the next question', async () => {
    void agent.neverEnd(deltaEvent('It is '))
    const page = await browser.open(agent.url)
    await (await ask(page, 'one')).getByText('It is', { exact: true }).waitFor()
    await choose(page, 'Bedrock')
    await page.getByLabel('Your question').fill('half a ques')
    await page.reload()
    await page.getByText('It is', { exact: true }).waitFor()
    await page.getByText('The page was left before this answer was complete.').waitFor()
    await page.getByRole('button', { name: 'Ask again' }).waitFor()
    expect(await page.locator('textarea:focus').inputValue()).toBe('half a ques')
    expect(await page.getByLabel('Execution mode').inputValue()).toBe('bedrock')
  })
})

describe('a link to an answer', () => {
  const elsewhere = 'This link leads to an answer of a conversation in another tab'

  it('shows a notice in a tab that does not have the answer, until the user asks something there', async () => {
    const page = await browser.open(`${agent.url}#turn=2&view=steps&step=4`)
    await page.getByRole('status').getByText(elsewhere, { exact: false }).waitFor()
    await (await ask(page, 'one')).getByText('It is 21 °C in Dallas.').waitFor()
    expect(await page.getByText(elsewhere, { exact: false }).count()).toBe(0)
  })

  it('does not lead to an answer with the same number in a later conversation', async () => {
    const page = await browser.open(agent.url)
    const answerAs = (turnId: string) => {
      agent.script = async (request, send) =>
        send(turnStart(request, { turnId }), resultEvent(request, 'Sunny.'))
    }
    answerAs('turn-of-first')
    await (await ask(page, 'one')).getByText('Sunny.').waitFor()
    await expect.poll(() => new URL(page.url()).hash).toContain('turn-of-first')
    const link = page.url()
    await page.getByRole('button', { name: 'New conversation' }).click()
    answerAs('turn-of-second')
    await (await ask(page, 'two')).getByText('Sunny.').waitFor()
    await page.evaluate(`location.href = ${JSON.stringify(link)}`)
    await page.getByText(elsewhere, { exact: false }).waitFor()
    await page.getByRole('article', { name: 'two' }).waitFor()
  })
})
