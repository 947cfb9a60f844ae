import { expect, it, onTestFinished } from 'vitest'
import { buildApp } from '../app.ts'
import { readConfig } from '../config.ts'
import { ids } from '../identity/testing/fixtures.ts'

it('A flow that the agent does not have is refused, with those that it has', async () => {
  const config = readConfig({
    TENANT_ID: ids.tenantId,
    BLUEPRINT_APP_ID: ids.blueprintAppId,
    AGENT_CLIENT_ID: ids.agentClientId,
    WEATHER_API_APP_ID: ids.weatherApiAppId,
    LOG_LEVEL: 'silent',
  })
  const [agent] = config.agents
  const app = await buildApp({ ...config, agents: [{ ...agent, flows: ['autonomous'] }] })
  onTestFinished(() => app.close())
  const payload = { message: 'Weather in Dallas?', mode: 'direct', flow: 'obo' }
  const response = await app.inject({ method: 'POST', url: '/api/chat', payload })
  expect(response.statusCode).toBe(400)
  expect(response.json()).toMatchObject({
    code: 'INVALID_REQUEST',
    detail: 'This agent has these flows: autonomous.',
  })
})
