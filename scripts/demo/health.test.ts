import { writeFileSync } from 'node:fs'
import type { RequestListener } from 'node:http'
import { tenant } from '@entra-agents/demo-tenant'
import { LocalServer } from '@entra-agents/service-kit/testing/local-server'
import { temporaryFile } from '@entra-agents/service-kit/testing/temporary-file'
import { describe, expect, it, onTestFinished } from 'vitest'
import { waitForTools } from './health.ts'
import { type DemoProcess, describeProcesses } from './processes.ts'

/** The demo's agent at the port of a server that gives its answers: states of its MCP server, or a status code. */
async function agentThatSays(answers: readonly (string | number)[], agentsConfig?: object) {
  let count = 0
  const answer: RequestListener = (_request, response) => {
    const said = answers[Math.min(count++, answers.length - 1)]
    if (typeof said === 'number') response.writeHead(said).end()
    else response.end(JSON.stringify({ components: { weather_tools: { state: said } } }))
  }
  const server = await new LocalServer(answer, 'localhost').start()
  onTestFinished(() => server.close())
  const file = temporaryFile('agents.json', onTestFinished)
  writeFileSync(file, JSON.stringify(agentsConfig ?? {}))
  const agent = describeProcesses(agentsConfig ? { AGENTS_CONFIG: file } : {}).at(-1) as DemoProcess
  return { agent: { ...agent, port: Number(new URL(server.url).port) }, server, timesAsked: () => count }
}

describe('Before the demo is ready, it waits', () => {
  it.each(['ready', 'unavailable'])('until its agent knows that an MCP server is %s', async state => {
    const { agent, timesAsked } = await agentThatSays(['unknown', 'unknown', state])
    expect(await waitForTools(agent)).toBe(true)
    expect(timesAsked()).toBe(3)
  })

  it('for no server that lists its tools to users only', async () => {
    const alerts = { title: 'Alerts', clientId: tenant.agents.alerts.id, flows: ['obo'] }
    const { agent, timesAsked } = await agentThatSays(['unknown'], { agents: { alerts } })
    expect(await waitForTools(agent)).toBe(true)
    expect(timesAsked()).toBe(1)
  })

  it('for no agent that does not answer by the name localhost', async () => {
    const { agent } = await agentThatSays([421])
    expect(await waitForTools(agent)).toBe(true)
  })

  it('no longer if its agent has ended, and is not ready then', async () => {
    const { agent, server } = await agentThatSays([])
    await server.close()
    expect(await waitForTools(agent)).toBe(false)
  })
})
