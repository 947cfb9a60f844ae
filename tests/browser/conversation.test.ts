import type { Page } from 'playwright-core'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { useBrowser } from './support/browser.ts'
import { type ScriptedAgent, startScriptedAgent } from './support/scripted-agent.ts'
import { ask } from './support/steps.ts'
import { config, problem, result, status, steps, tokenStep, trace, turnStart } from './support/turns.ts'

const browser = useBrowser()
let agent: ScriptedAgent

beforeAll(async () => {
  agent = await startScriptedAgent()
})
afterAll(() => agent?.close())
beforeEach(() => {
  agent.config = config
  agent.status = status
  agent.requests.length = 0
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
    expect(await page.title()).toContain('Answering')
    expect(await answer.locator('.label').allTextContents()).toEqual([
      'Bedrock',
      'On behalf of me',
      'anthropic.claude-test',
    ])
    goOn.resolve()
    await answer.getByText('It is 21 °C.').waitFor()
    await page
      .getByRole('status')
      .getByText(/Answer complete, \d+\.\d seconds/)
      .waitFor({ state: 'attached' })
    expect(await page.title()).not.toContain('Answering')
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
    await page.getByText('You stopped this answer.').waitFor()
    await page.getByRole('button', { name: 'Send' }).waitFor()
    expect(await page.getByText('It is', { exact: true }).isVisible()).toBe(true)
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
    await answer.getByRole('button', { name: 'Retry' }).click()
    await page.getByText('Sunny.').waitFor()
    expect(await page.getByRole('article').count()).toBe(1)
    expect(await page.getByLabel('Your question').inputValue()).toBe('')
  })

  it('is followed to its end, unless the user has scrolled away', async () => {
    const goOn = Promise.withResolvers<void>()
    const lines = (count: number) =>
      ({ event: 'delta', data: { text: 'One more line.\n'.repeat(count) } }) as const
    agent.script = async (request, send) => {
      send(turnStart(request), lines(60))
      await goOn.promise
      send(lines(60), { event: 'delta', data: { text: 'The end.' } })
      send(result(request, `${'One more line.\n'.repeat(120)}The end.`))
    }
    const page = await browser.open(agent.url)
    await ask(page, 'Weather in Dallas?')
    const log = page.getByRole('log')
    const distanceToEnd = () => log.evaluate(it => it.scrollHeight - it.scrollTop - it.clientHeight)
    await page.getByText('One more line.', { exact: false }).waitFor()
    await expect.poll(distanceToEnd).toBeLessThan(2)
    await log.hover()
    await page.mouse.wheel(0, -400)
    const jump = page.getByRole('button', { name: 'Jump to latest' })
    await jump.waitFor()
    goOn.resolve()
    await page.getByText('all in', { exact: false }).waitFor({ state: 'attached' })
    expect(await distanceToEnd()).toBeGreaterThan(400)
    await jump.click()
    await expect.poll(distanceToEnd).toBeLessThan(2)
    await jump.waitFor({ state: 'detached' })
  })

  it('goes on being followed when it grows between a scroll and its event', async () => {
    const goOn = Promise.withResolvers<void>()
    const lines = 'One more line.\n'.repeat(60)
    agent.script = async (request, send) => {
      send(turnStart(request), { event: 'delta', data: { text: lines } })
      await goOn.promise
      send({ event: 'delta', data: { text: lines } }, result(request, lines + lines))
    }
    const page = await browser.open(agent.url)
    await ask(page, 'Weather in Dallas?')
    const log = page.getByRole('log')
    const distanceToEnd = () => log.evaluate(it => it.scrollHeight - it.scrollTop - it.clientHeight)
    await page.getByText('One more line.', { exact: false }).waitFor()
    await expect.poll(distanceToEnd).toBeLessThan(2)
    // The answer is suddenly taller, and only then the event of the last scroll arrives.
    await log.evaluate(it => {
      it.lastElementChild.style.setProperty('padding-bottom', '300px')
      it.dispatchEvent(new Event('scroll'))
    })
    goOn.resolve()
    await page.getByText('all in', { exact: false }).waitFor({ state: 'attached' })
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
    await expect.poll(() => agent.requests.length).toBe(2)
    expect(agent.requests[1]?.history).toEqual([
      { role: 'user', text: 'Weather in Dallas?' },
      { role: 'assistant', text: 'It is 21 °C in Dallas.' },
    ])
    await page.getByRole('button', { name: 'New conversation' }).click()
    await page.getByRole('button', { name: 'Weather in Dallas?' }).click()
    await expect.poll(() => agent.requests.length).toBe(3)
    expect(agent.requests[2]?.history).toBeUndefined()
  })
})

describe('the trace', () => {
  it('belongs to an answer: selecting an older answer shows its trace again', async () => {
    agent.script = async (request, send) => {
      const first = request.message === 'first'
      send(
        turnStart(request),
        ...(first ? steps(trace()) : []),
        result(request, `Answer to ${request.message}`),
      )
    }
    const page = await browser.open(agent.url)
    const panel = page.getByRole('complementary', { name: 'Identity Trace' })
    await ask(page, 'first')
    await page.getByText('Answer to first').waitFor()
    expect(await panel.locator('.step').count()).toBe(4)
    await ask(page, 'second')
    await page.getByText('Answer to second').waitFor()
    await panel.getByText('No step was taken for this question.').waitFor()
    await page.getByRole('button', { name: 'Show the trace of “first”' }).click()
    await panel.getByText('Call the weather API with TR').waitFor()
  })

  it('shows the token card with names, meanings and who verified it, and the hidden hop as not observable', async () => {
    agent.script = async (request, send) =>
      send(turnStart(request), ...steps(trace()), result(request, 'Sunny.'))
    const page = await browser.open(agent.url)
    await ask(page, 'Weather in Dallas?')
    const card = page.locator('.token[data-role=TR]')
    await card.getByText('Verified by the Weather API').waitFor()
    expect(await card.textContent()).toContain('The agent identity acts as itself towards the Weather API.')
    await card.getByText('11 claims').click()
    await card.getByText('= agent identity').first().waitFor()
    await card.getByText('The audience: the only API that may accept this token.').waitFor()
    expect(await page.locator('.step[data-status=not-observable]').textContent()).toContain('not observable')
  })

  it.each([
    ['nobody', 'This agent is set up to show the trace to nobody'],
    ['signed-in', 'This agent shows the trace only to users who are signed in.'],
  ])('says so where the agent shows it to %s only', async (traceFor, words) => {
    agent.config = { ...config, traceFor }
    const page = await browser.open(agent.url)
    await ask(page, 'Weather in Dallas?')
    await page.getByText(words, { exact: false }).waitFor()
  })

  it('stands what claims no token should have', async () => {
    const step = tokenStep('s1')
    Object.assign(step.token?.claims ?? {}, { exp: -1e308, iat: 1e308, nbf: 'never' })
    agent.script = async (request, send) =>
      send(turnStart(request), ...steps([step]), result(request, 'Sunny.'))
    const page = await browser.open(agent.url)
    await ask(page, 'Weather in Dallas?')
    await page.getByText('12 claims').click()
    await page.getByText('-1e+308').waitFor()
  })

  it('hides personal claims until asked, and shows them as text and never as markup', async () => {
    agent.script = async (request, send) =>
      send(turnStart(request), ...steps(trace()), result(request, '<b>Sunny</b>'))
    const page = await browser.open(agent.url)
    await ask(page, '<script>alert(1)</script>')
    await page.getByText('<b>Sunny</b>').waitFor()
    await page.getByText('11 claims').click()
    await page.getByText('hidden: personal').waitFor()
    expect(await page.content()).not.toContain('onerror')
    await page.getByRole('button', { name: 'Show personal data' }).click()
    await page.getByText('Demo <img src=x onerror=alert(1)>').waitFor()
    expect(await page.locator('.token img').count()).toBe(0)
  })
})

describe('what the agent says of itself', () => {
  it('is told in words where Bedrock is not available', async () => {
    const bedrock = { state: 'unavailable', problem: problem('BEDROCK_NOT_CONFIGURED') }
    agent.status = { ...status, bedrock_available: false, components: { ...status.components, bedrock } }
    const page = await browser.open(agent.url)
    await page.getByRole('radio', { name: 'Bedrock' }).check()
    await page.getByText('Not available at the moment: Title of BEDROCK_NOT_CONFIGURED.').waitFor()
  })

  it('names what is emulated, and says nothing where nothing is', async () => {
    const page = await browser.open(agent.url)
    await page
      .getByText('Microsoft Entra ID, the Entra Auth SDK sidecar, and Amazon Bedrock', { exact: false })
      .waitFor()
    agent.config = { ...config, emulated: [] }
    await page.reload()
    await page.getByRole('heading', { level: 1 }).waitFor()
    expect(await page.getByText('Emulated').count()).toBe(0)
  })

  it('is asked for again when it could not be had', async () => {
    agent.config = undefined
    const page = await browser.open(agent.url)
    await page.getByRole('alert').getByText('The agent does not answer.', { exact: false }).waitFor()
    agent.config = config
    await page.getByRole('button', { name: 'Try again' }).click()
    await page.getByRole('button', { name: 'Weather in Dallas?' }).waitFor()
  })

  it('includes that it answers nobody who is not signed in', async () => {
    agent.config = { ...config, requireSignIn: true }
    const page = await browser.open(agent.url)
    const answer = await ask(page, 'Weather in Dallas?')
    await answer.getByText('This agent answers only people who are signed in.', { exact: false }).waitFor()
    await answer.getByRole('button', { name: 'Sign in and ask' }).waitFor()
    expect(agent.requests).toEqual([])
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
    expect(await page.getByRole('radio', { name: 'Bedrock' }).isDisabled()).toBe(true)
  })

  it('explains why nobody can be signed in without CLIENT_SPA_APP_ID', async () => {
    agent.config = { ...config, spaClientId: null, flows: ['autonomous'] }
    const page = await browser.open(agent.url)
    await page.getByText('the agent has no CLIENT_SPA_APP_ID', { exact: false }).waitFor()
    expect(await page.getByRole('radio', { name: 'On behalf of me' }).isDisabled()).toBe(true)
    expect(await page.getByRole('button', { name: 'Sign in' }).count()).toBe(0)
  })
})

describe('the composer', () => {
  it('breaks the line on Shift+Enter and grows', async () => {
    const page = await browser.open(agent.url)
    const field = page.getByLabel('Your question')
    await field.fill('one')
    const before = (await field.boundingBox())?.height ?? 0
    await page.keyboard.press('Shift+Enter')
    await page.keyboard.type('two')
    expect(await field.inputValue()).toBe('one\ntwo')
    expect((await field.boundingBox())?.height).toBeGreaterThan(before)
    expect(agent.requests).toEqual([])
  })

  it('does not send on the Enter that ends a composition (IME)', async () => {
    const page = await browser.open(agent.url)
    const field = page.getByLabel('Your question')
    await field.fill('天気')
    await field.dispatchEvent('keydown', { key: 'Enter', isComposing: true })
    await field.dispatchEvent('keydown', { key: 'Enter', isComposing: false })
    await expect.poll(() => agent.requests.length).toBe(1)
  })
})
