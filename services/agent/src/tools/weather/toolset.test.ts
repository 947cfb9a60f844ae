import { tenant } from '@entra-agents/demo-tenant'
import { expect, it } from 'vitest'
import { readConfig } from '../../config.ts'
import { neededVariables } from '../../testing/needed-variables.ts'

it('The agent has the weather API if its app id is set, by default at its port on this machine', () => {
  const weather = { WEATHER_API_APP_ID: tenant.apis['weather-api'].appId }
  const toolsets = [{ api: { name: 'weather-api', url: 'http://localhost:8080' } }]
  expect(readConfig({ ...neededVariables, MCP_CONFIG: undefined, ...weather })).toMatchObject({ toolsets })
  expect(readConfig(neededVariables).toolsets).toEqual([])
})
