import { buildApp } from '@entra-agents/weather-api/app'
import { readConfig } from '@entra-agents/weather-api/config'
import { expect, it, onTestFinished } from 'vitest'
import { startEntra, tenantId, weatherAppId } from '../../../../../emulators/entra/src/testing/start-entra.ts'
import { commandsOf } from '../../../../../tests/guides/commands.ts'
import { folderWith, run } from '../../../../../tests/support/agentctl.ts'
import { findFreePort } from '../../../../../tests/support/ports.ts'
import { examineMcp } from '../../../src/doctor/mcp/mcp.ts'
import { sectionOf } from '../../doctor/support/table.ts'

/** The client that the guide names. */
const desktop = '99999999-0000-4000-8000-000000000071'
const redirectUris = { publicClient: ['http://localhost'] }
const apps = { desktop: { id: desktop, redirectUris, may: { 'weather-api': ['Weather.Read'] } } }

/** The weather API as an MCP server, whose URL Entra knows as an Application ID URI or not. */
async function startServer(isUrlKnown = true) {
  const url = `http://localhost:${await findFreePort()}/mcp`
  const entra = await startEntra(isUrlKnown ? { WEATHER_API_PUBLIC_URL: url } : {}, { extends: 'demo', apps })
  const ids = { TENANT_ID: tenantId, WEATHER_API_APP_ID: weatherAppId, AGENT_CLIENT_ID: desktop }
  const settings = { ENTRA_AUTHORITY: entra.url, PUBLIC_URL: url, WEATHER_PROVIDER: 'climate-normals' }
  const weather = await buildApp(readConfig({ LOG_LEVEL: 'silent', ...ids, ...settings }))
  await weather.listen({ host: 'localhost', port: Number(new URL(url).port) })
  onTestFinished(async () => {
    await weather.close()
    await entra.close()
  })
  return { url, authority: entra.url }
}

it('The doctor finds the weather API in order as an MCP server, and hears from Entra what its clients will hear', async () => {
  const good = await startServer()
  const unknown = await startServer(false)
  const sections = [
    sectionOf('everything is registered', await examineMcp({ ...good, client: desktop })),
    sectionOf('the URL is no Application ID URI', await examineMcp({ ...unknown, client: desktop })),
    sectionOf('the API itself is the client', await examineMcp({ ...good, client: weatherAppId })),
  ]
  await expect(sections.join('')).toMatchFileSnapshot('mcp.txt')
})

it('The guide’s command does this from an empty folder', async () => {
  const { url, authority } = await startServer()
  const [{ words = [] } = {}] = commandsOf('mcp-behind-entra.md')
  expect(words.slice(0, 5)).toEqual(['npx', '--no-install', 'agentctl', 'doctor', '--mcp'])
  const args = words.slice(3).map(word => (word.startsWith('https:') ? url : word))
  const { code, output } = await run({ args, cwd: folderWith(), env: { ENTRA_AUTHORITY: authority } })
  expect([code, output]).toEqual([0, expect.stringContaining('7 in order, 0 to look at, 0 failed.')])
})
