/**
 * `make demo`: runs everything on this machine, each service in a process of its own, wired as in the pod.
 * Entra and the sidecar are emulators, and so is Bedrock unless AWS_* is set.
 */
import { existsSync } from 'node:fs'
import { loadEnvFile } from 'node:process'
import { readConfig } from '@entra-agents/agent/config'
import { findPortFaults } from '@entra-agents/agentctl/ports'
import { isConfigurationError } from '@entra-agents/service-kit'
import { readConfig as readEntraConfig } from '../emulators/entra/src/config.ts'
import { trust } from './demo/certificate.ts'
import { waitForTools } from './demo/health.ts'
import type { DemoProcess } from './demo/process.ts'
import { describeProcesses } from './demo/processes.ts'
import { Supervisor } from './demo/supervisor.ts'
import { realBedrockVariable } from './demo/variables.ts'

if (existsSync('.env')) loadEnvFile('.env')
const processes = describeOrExit()
const ports = processes.flatMap(({ name, metrics, ...own }) => [
  { ...own, name },
  ...(metrics ? [{ ...metrics, name: `the metrics of ${name}` }] : []),
])
const portFaults = await findPortFaults(ports)
for (const fault of portFaults) console.error(fault)
if (portFaults.length > 0) process.exit(1)

const { TLS_CERT_FILE } = processes[0]?.env ?? {}
if (TLS_CERT_FILE) trust(TLS_CERT_FILE)

const supervisor = new Supervisor()
process.on('SIGINT', () => supervisor.stop())
process.on('SIGTERM', () => supervisor.stop())

const agent = processes.at(-1)
// The agent calls the others, so it starts when they can answer.
const ready =
  agent &&
  (await supervisor.start(processes.slice(0, -1))) &&
  (await supervisor.start([agent])) &&
  (await waitForTools(agent))
if (ready) {
  const cause = realBedrockVariable(process.env)
  if (cause)
    console.log(`\nBedrock is the real one, since ${cause} is set; without it, the emulator responds.`)
  if (TLS_CERT_FILE)
    console.log(`\nOpen ${agent.env['ENTRA_AUTHORITY']} once and accept its certificate, before you sign in.`)
  console.log(
    `\nReady: http://localhost:${agent.port}\n\n${describeWhatToTry(agent.env, processes[0]?.env ?? {})}`,
  )
  console.log('Press Ctrl-C to stop.\n')
}
process.exitCode = await supervisor.finished

function describeOrExit(): readonly DemoProcess[] {
  try {
    return describeProcesses(process.env)
  } catch (error) {
    if (!isConfigurationError(error)) throw error
    console.error(error.message)
    process.exit(1)
  }
}

/** A text for the terminal: each agent of the demo with its flows, and the users who can sign in. */
function describeWhatToTry(agentEnv: DemoProcess['env'], entraEnv: DemoProcess['env']): string {
  const { agents } = readConfig(agentEnv)
  const { users } = readEntraConfig(entraEnv).seed.content
  // An agent’s own user account can't sign in.
  const people = users.filter(({ identityParentId }) => !identityParentId).map(({ mail }) => mail)
  const rows = agents.map(({ name, flows, description = '' }) => [name, flows.join(', '), description])
  const widthOf = (column: 0 | 1) => Math.max(...rows.map(row => row[column]?.length ?? 0))
  const lines = rows.map(([name = '', flows = '', description = '']) =>
    `  ${name.padEnd(widthOf(0))}  ${flows.padEnd(widthOf(1))}  ${description}`.trimEnd(),
  )
  return [
    'Agents of one blueprint, each with its flows:',
    ...lines,
    `Sign in as ${people.join(' or ')}, without a password.`,
  ].join('\n')
}
