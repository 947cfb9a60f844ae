import { describe, expect, it } from 'vitest'
import { identities } from '../support/identities.ts'
import { useBrowser } from './support/browser.ts'
import { ask } from './support/steps.ts'
import { problem, result, status, turnStart, withAgents } from './support/turns.ts'
import { useScriptedAgent } from './support/use-scripted-agent.ts'

const browser = useBrowser()
const agent = useScriptedAgent(async (request, send) =>
  send(turnStart(request), result(request, `It is 21 °C, says ${request.agent}.`)),
)

const weather = {
  name: 'weather',
  title: 'Weather agent',
  description: 'Answers about the weather. Reads only.',
}
const trainee = {
  name: 'trainee',
  title: 'Trainee agent',
  description: 'Has an identity, but no right at any API yet.',
  clientId: identities.blueprintAppId,
  flows: ['autonomous'],
}
const both = withAgents(weather, trainee)

describe('the agents', () => {
  it('are chosen by keyboard, each with its purpose, id, flows and state; another one starts a new conversation', async () => {
    agent.config = both
    const down = { state: 'unavailable', problem: problem('AGENT_DISABLED') }
    agent.status = {
      ...status,
      agents: { weather: { state: 'ready', flows: {} }, trainee: { ...down, flows: {} } },
    }
    const page = await browser.open(agent.url)
    await (await ask(page, 'Weather in Dallas?')).getByText('says weather').waitFor()
    await page.getByRole('button', { name: 'Agent: Weather agent' }).press('Enter')
    const rows = page.getByRole('menu', { name: 'Agent' }).getByRole('menuitemradio')
    await page.locator('[role=menuitemradio]:focus').waitFor()
    expect(await rows.allInnerTexts()).toEqual([
      expect.stringMatching(
        /^Weather agent\s+ready\s+Answers about .*\s+[-0-9a-f]{36}\s+autonomous, on behalf of you$/,
      ),
      expect.stringMatching(
        /^Trainee agent\s+not available\s+Title of AGENT_DISABLED\.\s+Has an .*\s+[-0-9a-f]{36}\s+autonomous$/,
      ),
    ])
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('Enter')
    await page.getByRole('button', { name: 'Agent: Trainee agent' }).waitFor()
    await page.getByPlaceholder('Ask Trainee agent…').waitFor()
    expect(await page.getByRole('article').count()).toBe(0)
    expect(await page.getByRole('radio', { name: 'On behalf of you' }).count()).toBe(0)
    await (await ask(page, 'Weather in Dallas?')).getByText('says trainee').waitFor()
    await page.reload()
    await page.getByRole('button', { name: 'Agent: Trainee agent' }).waitFor()
    await (await ask(page, 'And in Oslo?')).getByText('says trainee').waitFor()
    const asked = await agent.received(3)
    expect(asked.map(({ agent: name, history = [] }) => [name, history.length])).toEqual([
      ['weather', 0],
      ['trainee', 0],
      ['trainee', 2],
    ])
  })

  it('are named by a link, which leads to the same one in another tab', async () => {
    agent.config = both
    const page = await browser.open(`${agent.url}/#agent=trainee`)
    await page.getByPlaceholder('Ask Trainee agent…').waitFor()
    expect(new URL(page.url()).hash).toBe('#agent=trainee')
  })

  it('that are no more are told as such: their conversation can be read, and another agent can be asked', async () => {
    agent.config = both
    const page = await browser.open(`${agent.url}/#agent=trainee`)
    await (await ask(page, 'Weather in Dallas?')).getByText('says trainee').waitFor()
    agent.config = withAgents(weather, { ...trainee, name: 'alerts', title: 'Alerts agent' })
    await page.reload()
    await page.getByText('is not set up here any more', { exact: false }).waitFor()
    await page.getByText('says trainee').waitFor()
    await page.getByRole('button', { name: 'Ask again; this attempt is kept' }).click()
    await page.getByText('AGENT_NOT_HERE').waitFor()
    await page.getByRole('button', { name: 'Ask Weather agent' }).click()
    await (await ask(page, 'Weather in Dallas?')).getByText('says weather').waitFor()
    expect(await agent.received(2)).toHaveLength(2)
  })
})
