/** `agentctl sidecar-env`: writes the official sidecar's settings for the agent of `.env`, the client secret included. */
import { existsSync, rmSync, writeFileSync } from 'node:fs'
import { readConfig } from '../services/agent/src/config.ts'
import { apisOf } from '../services/agent/src/tools/toolset.ts'
import { sidecarEntries, sidecarSettings } from './demo/sidecar-entries.ts'
import { readVariables } from './entra/env-file.ts'

const path = 'sidecar.env'
const help = `npx --no-install agentctl sidecar-env

Writes ${path}, readable by you alone, for docker run --env-file ${path}. The blueprint's secret is in it, and so on no command line.`

if (process.argv.includes('--help')) console.log(help)
else
  try {
    const variables = readVariables('.env')
    const { blueprint, toolsets, mcpServers, sidecarUrl } = readConfig(variables)
    const apis = [...toolsets.flatMap(apisOf), ...mcpServers.map(({ api }) => api)]
    const clientSecret = variables['BLUEPRINT_CLIENT_SECRET'] ?? ''
    const settings = {
      ...sidecarSettings({ ...blueprint, url: sidecarUrl, clientSecret }),
      ...sidecarEntries(apis),
    }
    // `writeFileSync` applies `mode` only to a new file.
    if (existsSync(path)) rmSync(path)
    const lines = Object.entries(settings).map(([name, value]) => `${name}=${value}\n`)
    writeFileSync(path, lines.join(''), { mode: 0o600 })
    console.log(`${path} is written. It holds the blueprint's secret: delete it when you are done.`)
  } catch (error) {
    console.error((error as Error).message)
    process.exitCode = 2
  }
