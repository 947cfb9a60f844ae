import type { PublicAgent } from '@entra-agents/trace'
import { blueprintId } from '@entra-agents/trace-view/testing/public-config'
import { accountTurn } from '@entra-agents/trace-view/testing/trace'
import { describe, expect, it } from 'vitest'
import { useBrowser } from './support/browser.ts'
import { ask, choose, showToken, tracePane } from './support/steps.ts'
import { problem, resultEvent, status, stepEvents, withAgents } from './support/turns.ts'
import { useScriptedAgent } from './support/use-scripted-agent.ts'

const browser = useBrowser()
const agent = await useScriptedAgent(request => [resultEvent(request, `On its way, says ${request.agent}.`)])

const orders: Partial<PublicAgent> = {
  name: 'orders',
  title: 'Orders agent',
  description: 'Reads orders.',
  changes: ['orders-api'],
}
const trainee: Partial<PublicAgent> = {
  name: 'trainee',
  title: 'Trainee agent',
  description: 'Has an identity, but no right at any API yet.',
  clientId: blueprintId,
  flows: ['autonomous'],
  changes: [],
}
const configOfBoth = withAgents(orders, trainee)
const configOfThreeFlows = withAgents({ ...orders, flows: ['autonomous', 'obo', 'agent-user'] }, trainee)

describe('the agents', () => {
  it('are chosen by keyboard from a list with purpose, id, flows and state of each; choosing another agent starts a new conversation', async () => {
    agent.config = configOfBoth
    const down = { state: 'unavailable', problem: problem('AGENT_DISABLED') }
    const agents = { orders: { state: 'ready', flows: {} }, trainee: { ...down, flows: {} } }
    agent.status = { ...status, agents }
    const page = await browser.open(agent.url)
    await (await ask(page, 'Where is order 7?')).getByText('says orders').waitFor()
    await page.getByRole('button', { name: 'Agent: Orders agent' }).press('Enter')
    const rows = page.getByRole('menu', { name: 'Agent' }).getByRole('menuitemradio')
    await page.locator('[role=menuitemradio]:focus').waitFor()
    expect((await rows.allInnerTexts()).map(text => text.split(/\s*\n\s*/))).toEqual([
      [
        'Orders agent',
        'Reads orders.',
        'May change: Orders API',
        'bbbbbbbb…000b · as itself, for me',
        'Ready',
      ],
      [
        'Trainee agent',
        'Title of AGENT_DISABLED.',
        trainee.description,
        'May change nothing',
        'cccccccc…000c · as itself',
        'Gets no token',
      ],
    ])
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('Enter')
    await page.getByRole('button', { name: 'Agent: Trainee agent' }).waitFor()
    await page.getByPlaceholder('Ask Trainee agent…').waitFor()
    expect(await page.getByRole('article').count()).toBe(0)
    expect(await page.getByRole('radio', { name: 'For me' }).count()).toBe(0)
    await (await ask(page, 'Where is order 8?')).getByText('says trainee').waitFor()
    await page.reload()
    await page.getByRole('button', { name: 'Agent: Trainee agent' }).waitFor()
    await (await ask(page, 'And order 9?')).getByText('says trainee').waitFor()
    await page.getByRole('button', { name: 'Earlier conversations' }).click()
    await page.getByRole('button', { name: /Where is order 7\?.*Orders agent · 1 question/ }).click()
    await page.getByRole('button', { name: 'Agent: Orders agent' }).waitFor()
    await (await ask(page, 'And order 6?')).getByText('says orders').waitFor()
    const asked = await agent.received(4)
    expect(asked.map(({ agent: name, history = [] }) => [name, history.length])).toEqual([
      ['orders', 0],
      ['trainee', 0],
      ['trainee', 2],
      ['orders', 2],
    ])
  })

  it('are chosen by a link; one that no longer exists is shown as such: its conversation can be read, and another agent can be asked', async () => {
    agent.config = configOfBoth
    const page = await browser.open(`${agent.url}/#agent=trainee`)
    await page.getByPlaceholder('Ask Trainee agent…').waitFor()
    expect(new URL(page.url()).hash).toBe('#agent=trainee')
    await (await ask(page, 'Where is order 7?')).getByText('says trainee').waitFor()
    agent.config = withAgents(orders, { ...trainee, name: 'alerts', title: 'Alerts agent' })
    await page.reload()
    await page.getByText('is not set up here any more', { exact: false }).waitFor()
    await page.getByText('says trainee').waitFor()
    await page.getByRole('button', { name: 'Ask again; this attempt is kept' }).click()
    await page.getByText('AGENT_NOT_HERE').waitFor()
    await page.getByRole('button', { name: 'Ask Orders agent' }).click()
    await (await ask(page, 'Where is order 7?')).getByText('says orders').waitFor()
    expect(await agent.received(2)).toHaveLength(2)
  })

  it('with three flows leave room for every choice, and Send where it is, whichever flow is chosen', async () => {
    agent.config = configOfThreeFlows
    const page = await browser.open(agent.url)
    for (const width of [1024, 1366, 1440, 1920]) {
      await page.setViewportSize({ width, height: 800 })
      const places = []
      for (const flow of ['As itself', 'For me', 'Its own account']) {
        await choose(page, flow)
        const { right, bottom } = await page
          .locator('.send')
          .evaluate(it => it.getBoundingClientRect().toJSON())
        places.push([right, bottom])
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
    agent.answer(request => [...stepEvents(accountTurn), resultEvent(request, 'On its way.')])
    const page = await browser.open(agent.url)
    await choose(page, 'Its own account')
    await ask(page, 'Where is order 7?')
    const pane = tracePane(page)
    await pane.getByText('Orders agent called Orders API as its own user account.').waitFor()
    const plates = pane.locator('button.plate')
    await plates.nth(2).waitFor()
    const states = await plates.evaluateAll(all => all.map(it => [it.dataset['token'], it.dataset['state']]))
    expect(Object.fromEntries(states)).toEqual({ T1: 'unseen', T2: 'unseen', TR: 'seen' })
    await (await showToken(page, 'T2')).getByText(/^Not seen: lifetime/).waitFor()
    expect((await agent.received(1))[0]).toMatchObject({ agent: 'orders', flow: 'agent-user' })
  })
})
