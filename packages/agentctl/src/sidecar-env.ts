import { chmodSync, existsSync, writeFileSync } from 'node:fs'
import { readConfig } from '@entra-agents/agent/config'
import { apisOf } from '@entra-agents/approval'
import { readVariables } from './entra/env-file.ts'
import { sidecarEntries, sidecarSettings } from './sidecar-entries.ts'

/** `agentctl sidecar-env`: writes the official sidecar's settings for the agent of `.env`, the client secret included. */
export function writeSidecarEnv({ dotenv, output }: Readonly<Record<'dotenv' | 'output', string>>): void {
  const variables = { ...readVariables(dotenv), ...process.env }
  const { blueprint, toolsets, mcpServers, sidecarUrl } = readConfig(variables)
  const apis = [...toolsets.flatMap(apisOf), ...mcpServers.map(({ api }) => api)]
  const clientSecret = variables['BLUEPRINT_CLIENT_SECRET'] ?? ''
  const settings = {
    ...sidecarSettings({ ...blueprint, url: sidecarUrl, clientSecret }),
    ...sidecarEntries(apis),
  }
  // `writeFileSync` applies `mode` only to a new file.
  if (existsSync(output)) chmodSync(output, 0o600)
  const lines = Object.entries(settings).map(([name, value]) => `${name}=${value}\n`)
  writeFileSync(output, lines.join(''), { mode: 0o600 })
  console.log(`${output} is written. It holds the blueprint's secret: delete it when you are done.`)
}
