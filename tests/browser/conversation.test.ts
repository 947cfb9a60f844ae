import type { Page, Route } from 'playwright-core'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { useBrowser } from './support/browser.ts'
import { ScriptedAgent } from './support/scripted-agent.ts'
import { ask, choose } from './support/steps.ts'
import { config, problem, result, status, turnStart } from './support/turns.ts'

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
  agent.script = async (request, send) => send(turnStart(request), result(request, 'It is 21 °C in Dallas.'))
})

describe('an answer', () => {
  it('appears word by word, under the mode and flow that the agent names', async () => {
    const goOn = Promise.withResolvers<void>()
    agent.script = async (request, send) => {
      send(turnStart({ ...request, mode: 'bedrock', flow: 'obo' }), {
        event: 'delta',
        data: { text: 'It is ' },
      })
      await goOn.promise
      send({ event: 'delta', data: { text: '21 °C.' } }, result(request, 'It is 21 °C.'))
    }
    const page = await browser.open(agent.url)
    await ask(page, 'Weather in Dallas?')
    const answer = page.getByRole('article')
    await answer.getByText('It is', { exact: true }).waitFor()
    await expect.poll(() => page.title()).toContain('Answering')
    expect(await answer.locator('.label').allTextContents()).toEqual([
      'Bedrock · On behalf of you',
      'anthropic.claude-test',
    ])
    goOn.resolve()
    await answer.getByText('It is 21 °C.').waitFor()
    await page
      .getByRole('status')
      .getByText(/Answer complete, [1-9][\d.]* (milli)?seconds?/)
      .waitFor({ state: 'attached' })
    await expect.poll(() => page.title()).not.toContain('Answering')
  })

  it('is whole when it is said to be complete, also in a tab that draws no frames since it is in the background', async () => {
    const goOn = Promise.withResolvers<void>()
    agent.script = async (request, send) => {
      send(turnStart(request), { event: 'delta', data: { text: 'It is ' } })
      await goOn.promise
      send({ event: 'delta', data: { text: '21 °C.' } }, result(request, 'It is 21 °C.'))
    }
    const page = await browser.open('about:blank')
    await page.addInitScript('globalThis.requestAnimationFrame = () => 0')
    await page.goto(agent.url)
    const answer = await ask(page, 'Weather in Dallas?')
    await answer.getByText('It is', { exact: true }).waitFor()
    goOn.resolve()
    await answer.getByText('first word', { exact: false }).waitFor()
    expect(await answer.locator('.answer-text').textContent()).toBe('It is 21 °C.')
  })

  it('tells its tokens, and how many of them the model read from its cache', async () => {
    const usage = { inputTokens: 900, outputTokens: 30, cacheReadInputTokens: 800, cacheWriteInputTokens: 0 }
    agent.script = async (request, send) => send(turnStart(request), result(request, 'Done.', { usage }))
    const answer = await ask(await browser.open(agent.url), 'Weather in Dallas?')
    await answer.getByText('900 tokens in (800 from the cache), 30 out · first word 31 ms · 42 ms').waitFor()
  })

  it.each([
    ['the Stop button', (page: Page) => page.getByRole('button', { name: 'Stop' }).click()],
    ['Esc', (page: Page) => page.keyboard.press('Escape')],
  ])('is stopped by %s, and the agent notices', async (_what, stop) => {
    const gone = Promise.withResolvers<void>()
    agent.script = async (request, send, signal) => {
      send(turnStart(request), { event: 'delta', data: { text: 'It is ' } })
      signal.addEventListener('abort', () => gone.resolve())
      await gone.promise
    }
    const page = await browser.open(agent.url)
    await ask(page, 'Weather in Dallas?')
    await page.getByText('It is', { exact: true }).waitFor()
    expect(await page.getByRole('button', { name: 'Send' }).count()).toBe(0)
    await stop(page)
    await gone.promise
    await page.getByText('This answer was stopped.').waitFor()
    await page.getByRole('button', { name: 'Send' }).waitFor()
    expect(await page.getByText('It is', { exact: true }).isVisible()).toBe(true)
  })

  it('is stopped by an Esc that comes as soon as there is something to stop', async () => {
    agent.script = async (request, send, signal) => {
      send(turnStart(request))
      await new Promise(resolve => signal.addEventListener('abort', resolve))
    }
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

  it('that fails says why, what to do and its code, and keeps the draft; Retry asks again', async () => {
    agent.script = async (request, send) =>
      send(turnStart(request), { event: 'problem', data: problem('SIDECAR_UNREACHABLE') })
    const page = await browser.open(agent.url)
    await ask(page, 'Weather in Dallas?')
    const answer = page.getByRole('article')
    await answer.getByText('Title of SIDECAR_UNREACHABLE.').waitFor()
    expect(await answer.textContent()).toMatch(/What happened\..*What to do\..*SIDECAR_UNREACHABLE/)
    expect(await page.getByLabel('Your question').inputValue()).toBe('Weather in Dallas?')

    agent.script = async (request, send) => send(turnStart(request), result(request, 'Sunny.'))
    await answer.getByRole('button', { name: 'Ask again' }).click()
    await page.getByText('Sunny.').waitFor()
    expect(await page.getByRole('article').count()).toBe(1)
    expect(await page.getByLabel('Your question').inputValue()).toBe('')
  })

  it('that fails for want of a policy shows the policy as it is pasted, and copies it', async () => {
    const policy = { Effect: 'Allow', Action: ['bedrock:InvokeModel'], Resource: ['arn:aws:bedrock:*::x'] }
    const hint = `Attach to the principal: ${JSON.stringify(policy)}`
    const denied = problem('BEDROCK_ACCESS_DENIED', { hint })
    agent.script = async (request, send) => send(turnStart(request), { event: 'problem', data: denied })
    agent.status = {
      ...status,
      components: { ...status.components, bedrock: { state: 'unavailable', problem: denied } },
    }
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

  it('is followed to its end, unless the user has scrolled away', async () => {
    const goOn = Promise.withResolvers<void>()
    const lines = (count: number) =>
      ({ event: 'delta', data: { text: 'One more line.\n\n'.repeat(count) } }) as const
    agent.script = async (request, send) => {
      send(turnStart(request), lines(60))
      await goOn.promise
      send(lines(60), { event: 'delta', data: { text: 'The end.' } })
      send(result(request, `${'One more line.\n\n'.repeat(120)}The end.`))
    }
    const page = await browser.open(agent.url)
    await ask(page, 'Weather in Dallas?')
    const log = page.getByRole('log')
    const distanceToEnd = () => log.evaluate(it => it.scrollHeight - it.scrollTop - it.clientHeight)
    await page.getByText('One more line.', { exact: false }).first().waitFor()
    await expect.poll(distanceToEnd).toBeLessThan(2)
    await log.hover()
    await page.mouse.wheel(0, -400)
    const jump = page.getByRole('button', { name: 'Jump to latest' })
    await jump.waitFor()
    goOn.resolve()
    await page.getByText('first word', { exact: false }).waitFor({ state: 'attached' })
    expect(await distanceToEnd()).toBeGreaterThan(400)
    await jump.click()
    await expect.poll(distanceToEnd).toBeLessThan(2)
    await jump.waitFor({ state: 'detached' })
  })

  it('is not followed again when it only becomes shorter, as by being formatted', async () => {
    const formatting = Promise.withResolvers<void>()
    const goOn = Promise.withResolvers<void>()
    const lines = 'One more line.\n\n'.repeat(60)
    agent.script = async (request, send) => {
      send(turnStart(request), { event: 'delta', data: { text: lines } })
      await goOn.promise
      send({ event: 'delta', data: { text: lines } }, result(request, lines + lines))
    }
    const page = await browser.open('about:blank')
    await page.route('**/assets/markdown-*.js', async route => {
      await formatting.promise
      await route.continue()
    })
    await page.goto(agent.url)
    const answer = await ask(page, 'Weather in Dallas?')
    const log = page.getByRole('log')
    const distanceToEnd = () => log.evaluate(it => it.scrollHeight - it.scrollTop - it.clientHeight)
    await answer.locator('.plain').waitFor()
    await expect.poll(distanceToEnd).toBeLessThan(2)
    await log.hover()
    await page.mouse.wheel(0, -100)
    await page.getByRole('button', { name: 'Jump to latest' }).waitFor()
    formatting.resolve()
    await answer.locator('.plain').waitFor({ state: 'detached' })
    goOn.resolve()
    await page.getByText('first word', { exact: false }).waitFor({ state: 'attached' })
    expect(await distanceToEnd()).toBeGreaterThan(400)
  })

  it('leaves no “Jump to latest” behind when a new conversation starts', async () => {
    const lines = 'One more line.\n\n'.repeat(60)
    agent.script = async (request, send) => send(turnStart(request), result(request, lines))
    const page = await browser.open(agent.url)
    await ask(page, 'Weather in Dallas?')
    await page.getByText('first word', { exact: false }).waitFor({ state: 'attached' })
    await page.getByRole('log').hover()
    await page.mouse.wheel(0, -400)
    await page.getByRole('button', { name: 'Jump to latest' }).waitFor()
    await page.getByRole('button', { name: 'New conversation' }).click()
    await page.getByText('Ask something, and watch who asks.').waitFor()
    expect(await page.getByRole('button', { name: 'Jump to latest' }).count()).toBe(0)
  })

  it('goes on being followed when it grows between a scroll and its event', async () => {
    const goOn = Promise.withResolvers<void>()
    const lines = 'One more line.\n\n'.repeat(60)
    agent.script = async (request, send) => {
      send(turnStart(request), { event: 'delta', data: { text: lines } })
      await goOn.promise
      send({ event: 'delta', data: { text: lines } }, result(request, lines + lines))
    }
    const page = await browser.open(agent.url)
    await ask(page, 'Weather in Dallas?')
    const log = page.getByRole('log')
    const distanceToEnd = () => log.evaluate(it => it.scrollHeight - it.scrollTop - it.clientHeight)
    await page.getByText('One more line.', { exact: false }).first().waitFor()
    await expect.poll(distanceToEnd).toBeLessThan(2)
    // The answer is suddenly taller, and only then the event of the last scroll arrives.
    await log.evaluate(it => {
      it.lastElementChild.style.setProperty('padding-bottom', '300px')
      it.dispatchEvent(new Event('scroll'))
    })
    goOn.resolve()
    await page.getByText('first word', { exact: false }).waitFor({ state: 'attached' })
    await expect.poll(distanceToEnd).toBeLessThan(2)
    expect(await page.getByRole('button', { name: 'Jump to latest' }).count()).toBe(0)
  })

  it('goes on being followed when it becomes shorter and grows again before the event of that', async () => {
    const goOn = Promise.withResolvers<void>()
    const lines = 'One more line.\n\n'.repeat(60)
    agent.script = async (request, send) => {
      send(turnStart(request), { event: 'delta', data: { text: lines } })
      await goOn.promise
      send({ event: 'delta', data: { text: lines } }, result(request, lines + lines))
    }
    const page = await browser.open(agent.url)
    const answer = await ask(page, 'Weather in Dallas?')
    const log = page.getByRole('log')
    const distanceToEnd = () => log.evaluate(it => it.scrollHeight - it.scrollTop - it.clientHeight)
    await answer.getByText('One more line.').first().waitFor()
    await answer.locator('.plain').waitFor({ state: 'detached' })
    await expect.poll(distanceToEnd).toBeLessThan(2)
    await page.evaluate(`(async () => {
      const log = document.querySelector('.log')
      const { style } = log.querySelector('article:last-child')
      const setSpace = async pixels => {
        style.setProperty('padding-bottom', pixels + 'px')
        for (let frames = 0; frames < 3; frames += 1) await new Promise(drawn => requestAnimationFrame(drawn))
      }
      await setSpace(600)
      const hold = event => event.isTrusted && event.stopImmediatePropagation()
      document.addEventListener('scroll', hold, true)
      await setSpace(0)
      style.setProperty('padding-bottom', '150px')
      log.dispatchEvent(new Event('scroll'))
      document.removeEventListener('scroll', hold, true)
    })()`)
    goOn.resolve()
    await page.getByText('first word', { exact: false }).waitFor({ state: 'attached' })
    await expect.poll(distanceToEnd).toBeLessThan(2)
    expect(await page.getByRole('button', { name: 'Jump to latest' }).count()).toBe(0)
  })

  it('that breaks off is not passed off as a short one', async () => {
    agent.script = async (request, send) =>
      send(turnStart(request), { event: 'delta', data: { text: 'It is 2' } })
    const page = await browser.open(agent.url)
    await ask(page, 'Weather in Dallas?')
    await page.getByRole('article').getByText('The connection ended before the answer did.').waitFor()
  })

  it('carries the notices of its turn', async () => {
    const notice = problem('TOOL_NOT_CALLED')
    agent.script = async (request, send) =>
      send(
        turnStart(request),
        { event: 'notice', data: notice },
        result(request, 'Sunny.', { notices: [notice] }),
      )
    const page = await browser.open(agent.url)
    await ask(page, 'Weather in Dallas?')
    await page.getByText('Note: Title of TOOL_NOT_CALLED.').waitFor()
  })

  it('goes along as history with the next question, until a new conversation starts', async () => {
    const page = await browser.open(agent.url)
    await ask(page, 'Weather in Dallas?')
    await page.getByText('It is 21 °C in Dallas.').waitFor()
    await ask(page, 'and tomorrow?')
    expect((await agent.received(2))[1]?.history).toEqual([
      { role: 'user', text: 'Weather in Dallas?' },
      { role: 'assistant', text: 'It is 21 °C in Dallas.' },
    ])
    await page.getByRole('button', { name: 'New conversation' }).click()
    await page.getByRole('button', { name: 'Weather in Dallas?' }).click()
    expect((await agent.received(3))[2]).not.toHaveProperty('history')
  })
})

describe('an earlier question', () => {
  it('is edited and asked again; what it was, and what came after it, stays beside it', async () => {
    const page = await browser.open(agent.url)
    for (const question of ['one', 'two', 'three']) {
      await (await ask(page, question)).getByText('It is 21 °C in Dallas.').waitFor()
    }
    const second = page.getByRole('article', { name: 'two' })
    await second.getByRole('button', { name: 'Edit the question' }).click()
    await page.getByText('Sending makes another attempt').waitFor()
    expect(await page.locator('textarea:focus').inputValue()).toBe('two')
    await page.keyboard.type(' and a half')
    await page.keyboard.press('Enter')
    await page.getByRole('article', { name: 'two and a half' }).waitFor()
    expect(await page.getByRole('article').count()).toBe(2)
    expect((await agent.received(4))[3]?.history).toHaveLength(2)
    await page.getByText('2 of 2').waitFor()
    await page.getByRole('button', { name: 'Earlier attempt' }).press('Enter')
    await page.getByRole('article', { name: 'three' }).waitFor()
    await expect.poll(() => page.locator('[data-by="-1"]:focus').count()).toBe(1)
  })

  it('takes the keys as soon as it can be edited', async () => {
    const page = await browser.open(agent.url)
    await (await ask(page, 'one')).getByText('It is 21 °C in Dallas.').waitFor()
    const focused = page.evaluate(`new Promise(resolve => {
      new MutationObserver((_changes, observer) => {
        if (!document.querySelector('.editing')) return
        observer.disconnect()
        resolve(document.activeElement.id)
      }).observe(document.body, { childList: true, subtree: true })
    })`)
    await page.getByRole('button', { name: 'Edit the question' }).click()
    expect(await focused).toBe('message')
  })

  it('is edited without losing a question that is half written', async () => {
    const page = await browser.open(agent.url)
    const answer = await ask(page, 'one')
    await answer.getByText('It is 21 °C in Dallas.').waitFor()
    const field = page.getByLabel('Your question')
    await field.fill('half a ques')
    await answer.getByRole('button', { name: 'Edit the question' }).click()
    expect(await field.inputValue()).toBe('one')
    await page.getByRole('button', { name: 'Cancel' }).click()
    expect(await field.inputValue()).toBe('half a ques')
    expect(await page.getByText('Sending makes').count()).toBe(0)

    await answer.getByRole('button', { name: 'Edit the question' }).click()
    await field.fill('one and a half')
    await field.press('Enter')
    await page.getByRole('article', { name: 'one and a half' }).waitFor()
    expect(await field.inputValue()).toBe('half a ques')
  })

  it('that is long takes a few lines until all of it is wanted', async () => {
    const page = await browser.open(agent.url)
    const long = 'A very long question indeed. '.repeat(130)
    await ask(page, long)
    const article = page.getByRole('article')
    await article.getByText('It is 21 °C in Dallas.').waitFor()
    const height = async () => (await article.locator('.question').boundingBox())?.height ?? 0
    expect(await height()).toBeLessThan(300)
    expect((await article.getAttribute('aria-label'))?.length).toBeLessThan(120)
    await article.getByRole('button', { name: 'Show all of the question' }).click()
    await expect.poll(height).toBeGreaterThan(600)
    await article.getByRole('button', { name: 'Show less' }).click()
    await expect.poll(height).toBeLessThan(300)
  })

  it('that the model could not answer is asked in Direct mode', async () => {
    agent.script = async (request, send) =>
      send(
        turnStart(request),
        request.mode === 'bedrock'
          ? { event: 'problem', data: problem('BEDROCK_ACCESS_DENIED') }
          : result(request, 'Sunny.'),
      )
    const page = await browser.open(agent.url)
    await choose(page, 'Bedrock')
    await (await ask(page, 'one')).getByRole('button', { name: 'Ask in Direct mode' }).click()
    await page.getByText('Sunny.').waitFor()
    expect(await page.getByRole('article').count()).toBe(1)
    await page.getByRole('button', { name: 'Earlier attempt' }).click()
    await page.getByText('BEDROCK_ACCESS_DENIED', { exact: true }).waitFor()
  })
})

describe('a reload', () => {
  it('keeps the conversation, and the history of the next question', async () => {
    const page = await browser.open(agent.url)
    await (await ask(page, 'one')).getByText('It is 21 °C in Dallas.').waitFor()
    await page.reload()
    await page.getByRole('article', { name: 'one' }).getByText('It is 21 °C in Dallas.').waitFor()
    await ask(page, 'two')
    expect((await agent.received(2))[1]?.history).toHaveLength(2)
    await page.getByRole('button', { name: 'New conversation' }).click()
    await page.getByRole('button', { name: 'Undo' }).click()
    await page.getByRole('article', { name: 'two' }).waitFor()
    await page.getByRole('button', { name: 'New conversation' }).click()
    await page.reload()
    await page.getByText('Ask something, and watch who asks.').waitFor()
    expect(await page.getByRole('article').count()).toBe(0)
  })

  it('in the middle of an answer leaves the part that was there, and how the next question was going to be asked', async () => {
    agent.script = async (request, send, signal) => {
      send(turnStart(request), { event: 'delta', data: { text: 'It is ' } })
      await new Promise(resolve => signal.addEventListener('abort', resolve))
    }
    const page = await browser.open(agent.url)
    await (await ask(page, 'one')).getByText('It is', { exact: true }).waitFor()
    await choose(page, 'Bedrock')
    await page.getByLabel('Your question').fill('half a ques')
    await page.reload()
    await page.getByText('It is', { exact: true }).waitFor()
    await page.getByText('This answer was stopped.').waitFor()
    await page.getByRole('button', { name: 'Ask again' }).waitFor()
    expect(await page.locator('textarea:focus').inputValue()).toBe('half a ques')
    expect(await page.getByLabel('Execution mode').inputValue()).toBe('bedrock')
  })
})

describe('what the agent says of itself', () => {
  it('is told in words where Bedrock is not available', async () => {
    const bedrock = { state: 'unavailable', problem: problem('BEDROCK_NOT_CONFIGURED') }
    agent.status = { ...status, bedrock_available: false, components: { ...status.components, bedrock } }
    const page = await browser.open(agent.url)
    await choose(page, 'Bedrock')
    await page.getByText('Not available at the moment: Title of BEDROCK_NOT_CONFIGURED.').waitFor()
  })

  it('names what is emulated, and says nothing where nothing is', async () => {
    const page = await browser.open(agent.url)
    const emulated = page.locator('.status-lines li', { hasText: 'emulated' })
    await page.getByRole('button', { name: 'Status: Ready' }).click()
    await page.getByText('Emulated means').waitFor()
    expect(await emulated.locator('strong').allTextContents()).toEqual([
      'Sidecar',
      'Bedrock',
      'Tokens, autonomous',
      'Tokens, on behalf of you',
    ])
    agent.config = { ...config, emulated: [] }
    await page.reload()
    await page.getByRole('button', { name: 'Status: Ready' }).click()
    expect(await page.getByText('emulated').count()).toBe(0)
  })

  it('is told with reason and fix where something is not available', async () => {
    const unavailable = { state: 'unavailable', problem: problem('API_UNAVAILABLE') }
    agent.status = { ...status, components: { ...status.components, weather_api: unavailable } }
    const page = await browser.open(agent.url)
    await page.getByRole('button', { name: 'Status: Weather API not available' }).click()
    const line = page.locator('.status-lines li', { hasText: 'Weather API' })
    expect(await line.textContent()).toContain(
      'Title of API_UNAVAILABLE. What happened. What to do. API_UNAVAILABLE',
    )
    await page.keyboard.press('Escape')
    await line.waitFor({ state: 'hidden' })
  })

  it.each(['ready', 'unknown'])(
    'is degraded, and not unavailable, where Bedrock only throttles (%s)',
    async state => {
      const bedrock = { ...status.components.bedrock, state, problem: problem('BEDROCK_THROTTLED') }
      agent.status = { ...status, components: { ...status.components, bedrock } }
      const page = await browser.open(agent.url)
      await page.getByRole('button', { name: 'Status: Bedrock degraded' }).click()
      const line = page.locator('.status-lines li', { hasText: 'Bedrock' })
      expect(await line.textContent()).toContain('Title of BEDROCK_THROTTLED.')
      expect(await line.locator('.light').getAttribute('data-state')).toBe('degraded')
    },
  )

  it('is asked for again when it could not be had', async () => {
    agent.config = undefined
    const page = await browser.open(agent.url)
    await page.getByRole('alert').getByText('The agent does not answer.', { exact: false }).waitFor()
    agent.config = config
    await page.getByRole('button', { name: 'Try again' }).click()
    await page.getByRole('button', { name: 'Weather in Dallas?' }).waitFor()
  })

  it('is asked for again by itself until it is there', async () => {
    agent.config = undefined
    const page = await browser.open(agent.url)
    await page.clock.install()
    await page.reload()
    await page.getByRole('alert').getByText('The agent does not answer.', { exact: false }).waitFor()
    agent.config = config
    await page.clock.fastForward(5_000)
    await page.getByRole('button', { name: 'Weather in Dallas?' }).waitFor()
  })

  it.each([
    ['refuses connections', (route: Route) => route.abort()],
    ['takes requests and never answers', () => {}],
  ])('is told to be out of reach where it %s, until it is back', async (_how, answer) => {
    const page = await browser.open(agent.url, { tolerateFaults: true })
    await page.clock.install()
    await page.route('**/api/status', answer)
    await page.reload()
    const button = page.getByRole('button', { name: 'Status: Agent out of reach' })
    await button.click()
    await page.getByText('The agent cannot be reached.').waitFor()
    await page.getByText('AGENT_UNREACHABLE').waitFor()
    await page.unroute('**/api/status')
    await page.clock.fastForward(5_000)
    await page.getByRole('button', { name: 'Status: Ready' }).waitFor()
  })

  it('includes that it answers nobody who is not signed in', async () => {
    agent.config = { ...config, requireSignIn: true }
    const page = await browser.open(agent.url)
    const answer = await ask(page, 'Weather in Dallas?')
    await answer.getByText('This agent answers only people who are signed in.', { exact: false }).waitFor()
    await answer.getByRole('button', { name: 'Sign in and ask' }).waitFor()
    expect(await agent.received(0)).toEqual([])
  })

  it('explains why there is no model to choose', async () => {
    const bedrock = {
      state: 'unavailable',
      problem: problem('BEDROCK_NOT_CONFIGURED', { detail: 'AWS_REGION is not set.' }),
    }
    agent.status = { ...status, bedrock_available: false, components: { ...status.components, bedrock } }
    agent.config = { ...config, modes: ['direct'] }
    const page = await browser.open(agent.url)
    await page.getByText('Bedrock is not available: AWS_REGION is not set.', { exact: false }).waitFor()
    expect(await page.locator('option', { hasText: 'Bedrock' }).isDisabled()).toBe(true)
  })

  it('explains why nobody can be signed in without CLIENT_SPA_APP_ID', async () => {
    agent.config = { ...config, spaClientId: null, flows: ['autonomous'] }
    const page = await browser.open(agent.url)
    await page.getByText('the agent has no CLIENT_SPA_APP_ID', { exact: false }).waitFor()
    expect(await page.getByRole('radio', { name: 'On behalf of you' }).isDisabled()).toBe(true)
    expect(await page.getByRole('button', { name: 'Sign in' }).count()).toBe(0)
  })
})

describe('a link to an answer', () => {
  const elsewhere = 'This link leads to an answer of a conversation in another tab'

  it('says in another tab that it leads nowhere there, until something is asked', async () => {
    const page = await browser.open(`${agent.url}#turn=2&view=steps&step=4`)
    await page.getByRole('status').getByText(elsewhere, { exact: false }).waitFor()
    await (await ask(page, 'one')).getByText('It is 21 °C in Dallas.').waitFor()
    expect(await page.getByText(elsewhere, { exact: false }).count()).toBe(0)
  })

  it('leads to no other answer that has the same number', async () => {
    const page = await browser.open(agent.url)
    const answerAs = (turnId: string) => {
      agent.script = async (request, send) => {
        const start = turnStart(request)
        if (start.event !== 'turn') throw new Error('no start')
        send({ ...start, data: { ...start.data, turnId } }, result(request, 'Sunny.'))
      }
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

describe('examples', () => {
  it('differ by mode and flow', async () => {
    const page = await browser.open(agent.url)
    const examples = page.getByRole('list', { name: 'Examples' })
    await examples.getByText('Weather in Dallas?').waitFor()
    expect(await examples.getByRole('button').count()).toBe(1)
    await choose(page, 'Bedrock')
    await examples.getByText('Compare the weather in Oslo and Rome').waitFor()
    await choose(page, 'On behalf of you')
    await examples.getByText('What can you see about me?').waitFor()
  })
})

describe('pressing Send twice', () => {
  it.each([
    ['a double click', (page: Page) => page.getByRole('button', { name: 'Send' }).dblclick()],
    [
      'Enter twice on the button',
      async (page: Page) => {
        await page.getByRole('button', { name: 'Send' }).press('Enter')
        await page.locator('button:focus').press('Enter')
      },
    ],
    [
      'Enter twice in the field',
      async (page: Page) => {
        await page.getByLabel('Your question').press('Enter')
        await page.getByLabel('Your question').press('Enter')
      },
    ],
  ])('by %s sends once and does not stop the answer', async (_how, pressTwice) => {
    const goOn = Promise.withResolvers<void>()
    agent.script = async (request, send) => {
      send(turnStart(request))
      await goOn.promise
      send(result(request, 'Sunny.'))
    }
    const page = await browser.open(agent.url)
    await page.clock.install()
    await page.reload()
    await page.getByLabel('Your question').fill('Weather in Dallas?')
    await page.clock.pauseAt(Date.now() + 10_000)
    await pressTwice(page)
    await page.clock.resume()
    goOn.resolve()
    await page.getByText('Sunny.').waitFor()
    expect(await agent.received(1)).toHaveLength(1)
  })

  it('does not send a half-written next question where the first press was to stop', async () => {
    const stopped = Promise.withResolvers<void>()
    agent.script = async (request, send, signal) => {
      send(turnStart(request))
      signal.addEventListener('abort', () => stopped.resolve())
      await stopped.promise
    }
    const page = await browser.open(agent.url)
    await page.clock.install()
    await page.reload()
    await ask(page, 'Weather in Dallas?')
    await page.getByLabel('Your question').fill('And in')
    await page.getByRole('button', { name: 'Stop', disabled: false }).waitFor()
    await page.clock.pauseAt(Date.now() + 10_000)
    await page.getByRole('button', { name: 'Stop' }).click()
    await page.getByRole('button', { name: 'Send' }).click({ force: true })
    await page.clock.resume()
    await page.getByText('This answer was stopped.').waitFor()
    expect(await page.getByLabel('Your question').inputValue()).toBe('And in')
    expect(await page.getByRole('article').count()).toBe(1)
  })
})

describe('the composer', () => {
  it('keeps a text that is too long to send whole, and says how much is too much', async () => {
    const page = await browser.open(agent.url)
    const field = page.getByLabel('Your question')
    await field.fill('x'.repeat(200_000))
    expect(await field.inputValue()).toHaveLength(200_000)
    await page.getByText('200,000 of 4,000 characters. Shorten it by 196,000 to send it.').waitFor()
    await field.press('Enter')
    await page.getByRole('status').getByText('Not sent').waitFor({ state: 'attached' })
    expect(await field.inputValue()).toHaveLength(200_000)
    expect(await page.getByRole('button', { name: 'Send' }).getAttribute('aria-disabled')).toBe('true')
    await field.fill('x'.repeat(4_000))
    await page.getByText('4,000 of 4,000 characters.', { exact: true }).waitFor()
    await field.press('Enter')
    expect((await agent.received(1))[0]?.message).toHaveLength(4_000)
    expect(await page.getByText('of 4,000 characters').count()).toBe(0)
  })

  it('counts characters as the agent does: an emoji is one', async () => {
    const page = await browser.open(agent.url)
    await page.getByLabel('Your question').fill('🌦'.repeat(4_000))
    await page.getByText('4,000 of 4,000 characters.', { exact: true }).waitFor()
    await page.getByLabel('Your question').press('Enter')
    expect(await agent.received(1)).toHaveLength(1)
  })

  it('breaks the line on Shift+Enter and grows, and sends on Enter', async () => {
    const page = await browser.open(agent.url)
    const field = page.getByLabel('Your question')
    await field.fill('one')
    const before = (await field.boundingBox())?.height ?? 0
    await page.keyboard.press('Shift+Enter')
    await page.keyboard.type('two')
    expect(await field.inputValue()).toBe('one\ntwo')
    expect((await field.boundingBox())?.height).toBeGreaterThan(before)
    await page.keyboard.press('Enter')
    expect((await agent.received(1)).map(({ message }) => message)).toEqual(['one\ntwo'])
  })

  it('does not send on the Enter that ends a composition (IME)', async () => {
    const page = await browser.open(agent.url)
    const field = page.getByLabel('Your question')
    await field.fill('天気')
    await field.dispatchEvent('keydown', { key: 'Enter', isComposing: true })
    // Safari ends the composition before this key; only the key code tells that it belonged to it.
    await field.dispatchEvent('keydown', { key: 'Enter', keyCode: 229 })
    expect(await field.inputValue()).toBe('天気')
    await field.dispatchEvent('keydown', { key: 'Enter', isComposing: false })
    expect(await agent.received(1)).toHaveLength(1)
  })
})
