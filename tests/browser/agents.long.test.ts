import { describe, expect, it } from 'vitest'
import { identities } from '../support/identities.ts'
import { useBrowser } from './support/browser.ts'
import { ask, choose, showToken, tracePane } from './support/steps.ts'
import {
  problem,
  resultEvent,
  status,
  stepEvents,
  trace,
  traceAsAccount,
  traceWithoutRight,
  withAgents,
} from './support/turns.ts'
import { useScriptedAgent } from './support/use-scripted-agent.ts'

const browser = useBrowser()
const agent = await useScriptedAgent(request => [resultEvent(request, `It is 21 °C, says ${request.agent}.`)])

const description = 'Answers about the weather. Reads only.'
const weatherAgent = { name: 'weather', title: 'Weather agent', description }
const traineeAgent = {
  name: 'trainee',
  title: 'Trainee agent',
  description: 'Has an identity, but no right at any API yet.',
  clientId: identities.blueprintAppId,
  flows: ['autonomous'],
}
const configOfBoth = withAgents(weatherAgent, traineeAgent)
const configOfThreeFlows = withAgents(
  { ...weatherAgent, flows: ['autonomous', 'obo', 'agent-user'] },
  traineeAgent,
)

describe('the agents', () => {
  it('are chosen by keyboard from a list with purpose, id, flows and state of each; choosing another agent starts a new conversation', async () => {
    agent.config = configOfBoth
    const down = { state: 'unavailable', problem: problem('AGENT_DISABLED') }
    const agents = { weather: { state: 'ready', flows: {} }, trainee: { ...down, flows: {} } }
    agent.status = { ...status, agents }
    const page = await browser.open(agent.url)
    await (await ask(page, 'Weather in Dallas?')).getByText('says weather').waitFor()
    await page.getByRole('button', { name: 'Agent: Weather agent' }).press('Enter')
    const rows = page.getByRole('menu', { name: 'Agent' }).getByRole('menuitemradio')
    await page.locator('[role=menuitemradio]:focus').waitFor()
    expect(await rows.allInnerTexts()).toEqual([
      expect.stringMatching(
        /^Weather agent\s+gets tokens\s+Answers about .*\s+[-0-9a-f]{36}\s+autonomous, on behalf of you$/,
      ),
      expect.stringMatching(
        /^Trainee agent\s+gets no token\s+Title of AGENT_DISABLED\.\s+Has an .*\s+[-0-9a-f]{36}\s+autonomous$/,
      ),
    ])
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('Enter')
    await page.getByRole('button', { name: 'Agent: Trainee agent' }).waitFor()
    await page.getByPlaceholder('Ask Trainee agent…').waitFor()
    expect(await page.getByRole('article').count()).toBe(0)
    expect(await page.getByRole('radio', { name: 'On behalf of you' }).count()).toBe(0)
    await (await ask(page, 'Weather in Lima?')).getByText('says trainee').waitFor()
    await page.reload()
    await page.getByRole('button', { name: 'Agent: Trainee agent' }).waitFor()
    await (await ask(page, 'And in Oslo?')).getByText('says trainee').waitFor()
    await page.getByRole('button', { name: 'Earlier conversations' }).click()
    await page.getByRole('button', { name: /Weather in Dallas\?.*Weather agent · 1 question/ }).click()
    await page.getByRole('button', { name: 'Agent: Weather agent' }).waitFor()
    await (await ask(page, 'And in Rome?')).getByText('says weather').waitFor()
    const asked = await agent.received(4)
    expect(asked.map(({ agent: name, history = [] }) => [name, history.length])).toEqual([
      ['weather', 0],
      ['trainee', 0],
      ['trainee', 2],
      ['weather', 2],
    ])
  })

  it('can be chosen by a link: the page opens with the agent that the link names', async () => {
    agent.config = configOfBoth
    const page = await browser.open(`${agent.url}/#agent=trainee`)
    await page.getByPlaceholder('Ask Trainee agent…').waitFor()
    expect(new URL(page.url()).hash).toBe('#agent=trainee')
  })

  it('that no longer exist are shown as such: their conversation can be read, and another agent can be asked', async () => {
    agent.config = configOfBoth
    const page = await browser.open(`${agent.url}/#agent=trainee`)
    await (await ask(page, 'Weather in Dallas?')).getByText('says trainee').waitFor()
    agent.config = withAgents(weatherAgent, { ...traineeAgent, name: 'alerts', title: 'Alerts agent' })
    await page.reload()
    await page.getByText('is not set up here any more', { exact: false }).waitFor()
    await page.getByText('says trainee').waitFor()
    await page.getByRole('button', { name: 'Ask again; this attempt is kept' }).click()
    await page.getByText('AGENT_NOT_HERE').waitFor()
    await page.getByRole('button', { name: 'Ask Weather agent' }).click()
    await (await ask(page, 'Weather in Dallas?')).getByText('says weather').waitFor()
    expect(await agent.received(2)).toHaveLength(2)
  })

  it('of one blueprint get the same question side by side: one is let in, the other is denied because it lacks a right', async () => {
    const names = { [identities.agentId]: weatherAgent.title, [traineeAgent.clientId]: traineeAgent.title }
    agent.config = { ...configOfBoth, names: { ...configOfBoth.names, ...names } }
    agent.answer(request => {
      const steps = request.agent === 'trainee' ? traceWithoutRight(traineeAgent.clientId) : trace()
      const denied = steps.find(step => step.problem)?.problem
      const end = denied && ({ event: 'problem', data: denied } as const)
      return [...stepEvents(steps), end ?? resultEvent(request, 'It is 21 °C.')]
    })
    const page = await browser.open(`${agent.url}/#agent=trainee`)
    const answer = await ask(page, 'Weather in Dallas?')
    await answer.getByText(`Trainee agent (agent identity ${traineeAgent.clientId})`).waitFor()
    await tracePane(page).getByText('Weather API denied Trainee agent: a right is missing.').waitFor()
    await page.getByRole('button', { name: 'Side by side' }).click()
    await page
      .getByText('Same blueprint, same question, two identities. Only one was given the right.')
      .waitFor()
    const rows = await page.locator('.tape tbody').first().getByRole('row').allInnerTexts()
    expect(rows.map(row => row.replace(/\s+/g, ' '))).toEqual([
      expect.stringMatching(/^Trainee agent azp .* ≠ Who called changed Weather agent azp/),
      expect.stringMatching(
        /^Itself oid of Trainee agent, no user ≠ For whom changed Itself oid of Weather agent/,
      ),
      expect.stringMatching(
        /^None wanted Weather.Read.All ≠ By which right changed Weather.Read.All its own/,
      ),
      expect.stringMatching(/^Denied .* 403 .* ≠ Outcome changed Allowed /),
    ])
    await page.getByRole('button', { name: 'Open this trace' }).first().click()
    await choose(page, 'Compare')
    await page.getByText('Trainee agent’s token').waitFor()
    expect(await page.getByLabel('Left').textContent()).toContain('TR · Weather agent · Autonomous')
    const asked = await agent.received(3)
    expect(asked.map(({ agent: name, history }) => [name, history])).toEqual([
      ['trainee', undefined],
      ['trainee', undefined],
      ['weather', undefined],
    ])
  })

  it('with three flows leave room for every choice, and Send where it is, whichever flow is chosen', async () => {
    agent.config = configOfThreeFlows
    const page = await browser.open(agent.url)
    for (const width of [1024, 1366, 1440, 1920]) {
      await page.setViewportSize({ width, height: 800 })
      const places = []
      for (const flow of ['Autonomous', 'On behalf of you', 'Agent’s account']) {
        await choose(page, flow)
        places.push(await page.locator('.send').boundingBox())
      }
      expect(places, `${width} px`).toEqual([places[0], places[0], places[0]])
      const choices = page.locator('.composer-row .segments, .composer-row select, .send')
      const boxes = await choices.evaluateAll(all => all.map(it => it.getBoundingClientRect().toJSON()))
      for (const [index, one] of boxes.entries())
        for (const other of boxes.slice(index + 1)) {
          const isBeside = one.right <= other.left || other.right <= one.left
          expect(isBeside || one.bottom <= other.top || other.bottom <= one.top, `${width} px`).toBe(true)
        }
    }
  })

  it('with a user account of their own call as this account, by two tokens that the agent does not see', async () => {
    agent.config = configOfThreeFlows
    agent.answer(request => [...stepEvents(traceAsAccount()), resultEvent(request, 'It is 21 °C.')])
    const page = await browser.open(agent.url)
    await choose(page, 'Agent’s account')
    await ask(page, 'Weather in Dallas?')
    const pane = tracePane(page)
    await pane.getByText('Weather agent called Weather API as its own user account.').waitFor()
    const plates = pane.locator('button.plate')
    const states = await plates.evaluateAll(all => all.map(it => [it.dataset['token'], it.dataset['state']]))
    expect(Object.fromEntries(states)).toEqual({ T1: 'unseen', T2: 'unseen', TR: 'seen' })
    await (await showToken(page, 'T2')).getByText('The agent never sees T2.', { exact: false }).waitFor()
    expect((await agent.received(1))[0]).toMatchObject({ agent: 'weather', flow: 'agent-user' })
  })
})
