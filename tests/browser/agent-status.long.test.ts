import type { Page, Route } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { useBrowser } from './support/browser.ts'
import { choose } from './support/steps.ts'
import { config, problem, resultEvent, status, withAgents, withoutSignIn } from './support/turns.ts'
import { useScriptedAgent } from './support/use-scripted-agent.ts'

const browser = useBrowser()
const agent = await useScriptedAgent(request => [resultEvent(request, 'It is on its way.')])

/** The usual status with other states of components. */
const statusWith = (components: object) => ({
  ...status,
  components: { ...status.components, ...components },
})

const openWithClock = () => browser.open(agent.url, { tolerateFaults: true, withClock: true })

describe('the agent’s status on the page', () => {
  it('names what is emulated, and says nothing about emulators if there are none', async () => {
    const page = await browser.open(agent.url)
    const emulated = page.locator('.status-lines li', { hasText: 'emulated' })
    await page.getByRole('button', { name: 'Status: Ready' }).click()
    await page.getByText('Emulated means').waitFor()
    expect(await emulated.locator('strong').allTextContents()).toEqual([
      'Sidecar',
      'Bedrock',
      'Tokens, as itself',
      'Tokens, for you',
    ])
    agent.config = { ...config, emulated: [] }
    await page.reload()
    await page.getByRole('button', { name: 'Status: Ready' }).click()
    expect(await page.getByText('emulated').count()).toBe(0)
  })

  const bedrock = { ...status.components.bedrock, problem: problem('BEDROCK_THROTTLED') }
  const orders_api = { state: 'unavailable', problem: problem('API_UNAVAILABLE') }
  // biome-ignore format: table
  it.each([
    ['an API is not available', { orders_api }, 'Orders API not available', 'API_UNAVAILABLE', 'unavailable'],
    ['Bedrock throttles', { bedrock }, 'Bedrock degraded', 'BEDROCK_THROTTLED', 'degraded'],
    ['Bedrock throttled the first request', { bedrock: { ...bedrock, state: 'unknown' } }, 'Bedrock degraded', 'BEDROCK_THROTTLED', 'degraded'],
  ])('is shown with a reason and a remedy if %s', async (_when, components, name, code, state) => {
    agent.status = statusWith(components)
    const page = await browser.open(agent.url)
    await page.getByRole('button', { name: `Status: ${name}` }).click()
    const line = page.locator('.status-lines li', { hasText: name.replace(/ .*/, '') })
    expect(await line.textContent()).toContain(`Title of ${code}. What happened. What to do. ${code}`)
    expect(await line.locator('.light').getAttribute('data-state')).toBe(state)
  })

  it.each([
    ['after “Try again”', (page: Page) => page.getByRole('button', { name: 'Try again' }).click()],
    ['by itself later', (page: Page) => page.clock.fastForward(5_000)],
  ])('appears %s if the agent’s configuration could not be loaded', async (_when, goOn) => {
    agent.config = undefined
    const page = await openWithClock()
    await page.getByRole('alert').getByText('The agent does not answer.', { exact: false }).waitFor()
    agent.config = config
    await goOn(page)
    await page.getByRole('button', { name: 'Where is order 7?' }).waitFor()
  })

  it.each([
    ['refuses connections', (route: Route) => route.abort()],
    ['takes requests and never answers', () => {}],
  ])('says that the agent is out of reach if the agent %s', async (_how, answer) => {
    const page = await openWithClock()
    await page.route('**/api/status', answer)
    await page.reload()
    await page.getByRole('button', { name: 'Status: Agent out of reach' }).click()
    await page.getByText('The agent cannot be reached.').waitFor()
    await page.getByText('AGENT_UNREACHABLE').waitFor()
    await page.unroute('**/api/status')
    await page.clock.fastForward(5_000)
    await page.getByRole('button', { name: 'Status: Ready' }).waitFor()
  })

  it('says why the agent answers only signed-in users, why the model does not answer, and why there is no choice', async () => {
    agent.config = withAgents({ requireSignIn: true })
    const notConfigured = problem('BEDROCK_NOT_CONFIGURED', { detail: 'AWS_REGION is not set.' })
    const unavailable = { state: 'unavailable', problem: notConfigured }
    agent.status = { ...statusWith({ bedrock: unavailable }), bedrock_available: false }
    const page = await browser.open(agent.url)
    await page.getByText('This agent answers only users who are signed in.').waitFor()
    await page.getByRole('button', { name: 'Sign in and ask' }).waitFor()
    expect(await agent.received(0)).toEqual([])
    await choose(page, 'Bedrock')
    await page.getByText('Not available at the moment: Title of BEDROCK_NOT_CONFIGURED.').waitFor()

    agent.config = { ...withoutSignIn, modes: ['direct'] }
    await page.reload()
    await page.getByText('Bedrock is not available: AWS_REGION is not set.', { exact: false }).waitFor()
    expect(await page.locator('option', { hasText: 'Bedrock' }).isDisabled()).toBe(true)
    await page.getByText('the agent has no CLIENT_SPA_APP_ID', { exact: false }).waitFor()
    expect(await page.getByRole('radio', { name: 'For me' }).isDisabled()).toBe(true)
    expect(await page.getByRole('button', { name: 'Sign in' }).count()).toBe(0)
  })
})
