import type { RequestListener } from 'node:http'
import { LocalServer } from '@entra-agents/service-kit/testing/local-server'
import { describe, expect, it, onTestFinished } from 'vitest'
import seed from '../../emulators/entra/src/seed/demo.json' with { type: 'json' }
import { waitForTools } from './health.ts'
import type { DemoProcess } from './process.ts'
import { describeProcesses } from './processes.ts'
import { jsonFiles } from './testing/environments.ts'

const write = jsonFiles()
const notes = { url: 'http://localhost:8000/mcp', downstreamApi: 'notes', allowedTools: ['read'] }
const MCP_CONFIG = write('mcp.json', {
  mcpServers: { notes: { ...notes, appId: '99999999-0000-4000-8000-000000000099' } },
})

/** The demo's agent at the port of a server that gives its answers: states of its MCP server, or a status code. */
async function agentThatSays(answers: readonly (string | number)[], agentsConfig?: object) {
  let count = 0
  const answer: RequestListener = (_request, response) => {
    const said = answers[Math.min(count++, answers.length - 1)]
    if (typeof said === 'number') response.writeHead(said).end()
    else response.end(JSON.stringify({ components: { notes: { state: said } } }))
  }
  const server = await new LocalServer(answer, 'localhost').start()
  onTestFinished(() => server.close())
  const env = { MCP_CONFIG, ...(agentsConfig && { AGENTS_CONFIG: write('agents.json', agentsConfig) }) }
  const agent = describeProcesses(env, undefined, []).at(-1) as DemoProcess
  return { agent: { ...agent, port: Number(new URL(server.url).port) }, server, timesAsked: () => count }
}

describe('Before the demo is ready, it waits', () => {
  it.each(['ready', 'unavailable'])('until its agent knows that an MCP server is %s', async state => {
    const { agent, timesAsked } = await agentThatSays(['unknown', 'unknown', state])
    expect(await waitForTools(agent)).toBe(true)
    expect(timesAsked()).toBe(3)
  })

  it('for no server that lists its tools to users only', async () => {
    const { id: clientId } = seed.blueprints.weather.agents['alerts-agent']
    const alerts = { title: 'Alerts', clientId, flows: ['obo'] }
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
