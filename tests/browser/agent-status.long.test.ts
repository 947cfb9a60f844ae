import type { Route } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { useBrowser } from './support/browser.ts'
import { ask, choose } from './support/steps.ts'
import {
  config,
  problem,
  resultEvent,
  status,
  turnStart,
  withAgents,
  withoutSignIn,
} from './support/turns.ts'
import { useScriptedAgent } from './support/use-scripted-agent.ts'

const browser = useBrowser()
const agent = useScriptedAgent(async (request, send) =>
  send(turnStart(request), resultEvent(request, 'It is 21 °C in Dallas.')),
)

describe('the agent’s status on the page', () => {
  it('is shown in words if Bedrock is not available', async () => {
    const bedrock = { state: 'unavailable', problem: problem('BEDROCK_NOT_CONFIGURED') }
    agent.status = { ...status, bedrock_available: false, components: { ...status.components, bedrock } }
    const page = await browser.open(agent.url)
    await choose(page, 'Bedrock')
    await page.getByText('Not available at the moment: Title of BEDROCK_NOT_CONFIGURED.').waitFor()
  })

  it('names what is emulated, and says nothing about emulators if there are none', async () => {
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

  it('is shown with a reason and a remedy if an API is not available', async () => {
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
    'describes Bedrock as degraded, not as unavailable, if Bedrock only throttles (%s)',
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

  it('appears after “Try again” if the agent’s configuration could not be loaded', async () => {
    agent.config = undefined
    const page = await browser.open(agent.url)
    await page.getByRole('alert').getByText('The agent does not answer.', { exact: false }).waitFor()
    agent.config = config
    await page.getByRole('button', { name: 'Try again' }).click()
    await page.getByRole('button', { name: 'Weather in Dallas?' }).waitFor()
  })

  it('appears by itself later if the agent’s configuration could not be loaded', async () => {
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
  ])('says that the agent is out of reach if the agent %s', async (_how, answer) => {
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

  it('says that the agent answers signed-in users only', async () => {
    agent.config = withAgents({ requireSignIn: true })
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

  it('names the missing CLIENT_SPA_APP_ID as the reason why nobody can sign in', async () => {
    agent.config = withoutSignIn
    const page = await browser.open(agent.url)
    await page.getByText('the agent has no CLIENT_SPA_APP_ID', { exact: false }).waitFor()
    expect(await page.getByRole('radio', { name: 'On behalf of you' }).isDisabled()).toBe(true)
    expect(await page.getByRole('button', { name: 'Sign in' }).count()).toBe(0)
  })
})
