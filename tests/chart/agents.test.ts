import { readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { tenant } from '@entra-bedrock-agent/demo-tenant'
import { describe, expect, it, onTestFinished } from 'vitest'
import { parse } from 'yaml'
import { temporaryFile } from '../../packages/service-kit/src/testing/temporary-file.ts'
import { readConfig as readAgentConfig } from '../../services/agent/src/config.ts'
import { readConfig as readWeatherConfig } from '../../services/weather-api/src/config.ts'
import { needs } from '../support/programs.ts'
import { baseValues, merge, type Rendering, renderNotes, renderWith, type Values } from './support/render.ts'

needs('helm')

const root = resolve(import.meta.dirname, '../..')
const { weather, alerts, trainee } = tenant.agents
const twoAgents: Values = {
  entra: { agentClientId: '', spaAppId: tenant.page.appId },
  agents: {
    alerts: { title: 'Alerts agent', clientId: alerts.id, flows: ['obo'], apis: ['weather-api'] },
    weather: {
      title: 'Weather agent',
      description: 'Reads only.',
      clientId: weather.id,
      requireSignIn: true,
    },
  },
  defaultAgent: 'weather',
}
const withAgentUser: Values = merge(twoAgents, {
  agents: { alerts: { agentUser: { objectId: weather.user.id }, flows: ['agent-user'] } },
})

/** Reads the configuration as the agent does, with `agents.json` of the ConfigMap, which must be mounted at AGENTS_CONFIG and have the hash in the pod template. */
function readAgentConfigOf(rendering: Rendering) {
  const settings = rendering.settings('demo-agent', 'agent')
  const { volumeMounts } = rendering.container('demo-agent', 'agent')
  const mount = volumeMounts?.find(
    ({ mountPath }) => settings['AGENTS_CONFIG'] === `${mountPath}/agents.json`,
  )
  const AGENTS_CONFIG = temporaryFile('agents.json', onTestFinished)
  writeFileSync(AGENTS_CONFIG, rendering.mounted('demo-agent', mount?.name ?? '').data?.['agents.json'] ?? '')
  return readAgentConfig({ ...settings, AGENTS_CONFIG })
}

const weatherSettings = (rendering: Rendering) => rendering.settings('demo-weather-api', 'weather-api')

describe('Several agents in the values', () => {
  it('are in the agent’s configuration, the default agent first', async () => {
    const config = readAgentConfigOf(await renderWith(twoAgents))
    expect(config.agents).toMatchObject([
      { name: 'weather', title: 'Weather agent', clientId: weather.id, requireSignIn: true },
      { name: 'alerts', clientId: alerts.id, flows: ['obo'], apis: ['weather-api'] },
    ])
  })

  it('may call the weather API; an agent with a user account may also call as this account', async () => {
    const isAgent = true
    const { token } = readWeatherConfig(weatherSettings(await renderWith(withAgentUser)))
    expect(token.callers).toEqual([
      { clientId: alerts.id, isAgent, agentUserId: weather.user.id },
      { clientId: weather.id, isAgent },
    ])
  })

  it('have to be among the weather API’s allowed callers, if the values list any callers', async () => {
    const allowed = { weatherApi: { allowedCallers: [weather.id, trainee.id] } }
    const { token } = readWeatherConfig(weatherSettings(await renderWith(merge(withAgentUser, allowed))))
    expect(token.callers).toEqual([
      { clientId: weather.id, isAgent: true },
      { clientId: trainee.id, isAgent: false },
    ])
  })

  it('cause new pods of the agent service when one of their settings changes', async () => {
    const template = async (values: Values) => (await renderWith(values)).pod('demo-agent')
    const renamed = merge(twoAgents, { agents: { alerts: { title: 'Another title' } } })
    expect(await template(renamed)).not.toEqual(await template(twoAgents))
  })

  it('are the demo’s agents if everything is emulated', () => {
    const values = parse(readFileSync(join(root, 'charts/local-emulators/agent-values.yaml'), 'utf8'))
    const demo = JSON.parse(readFileSync(join(root, 'scripts/demo/agents.json'), 'utf8'))
    expect(values.agents).toEqual(demo.agents)
    expect(values.defaultAgent).toBe(Object.keys(demo.agents)[0])
    const told = Object.values<{ clientId: string; title: string }>(demo.agents)
    const ofTenant = Object.values(tenant.agents)
    expect(told.map(({ clientId, title }) => ({ id: clientId, displayName: title }))).toMatchObject(
      ofTenant.map(({ id, displayName }) => ({ id, displayName })),
    )
  })
})

describe('The notes on several agents', () => {
  const notesWith = (...values: readonly Values[]) =>
    renderNotes({ values: values.reduce(merge, merge(baseValues, twoAgents)) })
  const exposed = { agent: { allowedHosts: ['agent.example.com'] } }
  const open = { agents: { weather: { requireSignIn: false } } }

  it('name the agents, and say who can act as any of them', async () => {
    const notes = await notesWith()
    expect(notes).toContain('Agents: alerts, weather; weather answers where none is named.')
    expect(notes).toMatch(/whoever reaches the sidecar can be any of them, and any of their user accounts/)
    expect(await renderNotes()).not.toContain('Agents:')
  })

  it('warn of agents that anybody can use without signing in', async () => {
    expect(await notesWith(exposed, open)).toContain(
      'WARNING: Without signing in, whoever reaches the page acts as the agent weather.',
    )
    for (const values of [open, exposed])
      expect(await notesWith(values)).not.toContain('WARNING: Without signing in')
  })

  it('warn of user accounts that anybody can use without signing in', async () => {
    const user = { agents: { weather: { agentUser: { objectId: weather.user.id }, flows: ['agent-user'] } } }
    const warning = 'whoever reaches the page acts as the user account of weather'
    expect(await notesWith(user, exposed, open)).toContain(warning)
    for (const values of [
      [user, exposed],
      [user, open],
    ])
      expect(await notesWith(...values)).not.toContain(warning)
  })
})
