import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { autonomousClaims } from '@entra-agents/tokens/testing/agent-claims'
import { expect, it } from 'vitest'
import { launcherOf } from '../../../scripts/tools/tool.ts'
import { identities } from '../../support/identities.ts'
import { needs } from '../../support/programs.ts'
import { startWeatherApi } from '../weather-api/service.ts'

const runFile = promisify(execFile)

needs('python')

it('a client of the Python SDK calls the tools, in both eras of the MCP protocol', async () => {
  const api = await startWeatherApi()
  try {
    const token = api.issuer.sign(autonomousClaims({ authority: api.issuer.url }))
    const { body: forecast } = await api.ask(token, '/weather/forecast?city=Rome&days=2')
    const { stdout } = await runFile(launcherOf('python'), [
      join(import.meta.dirname, 'python_client.py'),
      `${api.url}/mcp`,
      token,
    ])
    const { validated, ...weather } = forecast
    const called = {
      tools: ['get_weather', 'get_forecast'],
      forecast: weather,
      validated,
      unknown: [true, 'No city of that name is known. Did you mean Dallas?'],
    }
    expect(validated.caller).toBe(identities.agentId)
    expect(JSON.parse(stdout)).toEqual([
      { revision: '2026-07-28', ...called },
      { revision: '2025-11-25', ...called },
    ])
  } finally {
    await api.close()
  }
})
