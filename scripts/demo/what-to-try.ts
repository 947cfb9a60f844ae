import { tenant } from '@entra-bedrock-agent/demo-tenant'
import { readConfig } from '../../services/agent/src/config.ts'
import type { Variables } from './variables.ts'

/** What the page of the demo offers, for the terminal: a line for each agent with its flows, and who can sign in. */
export function describeWhatToTry(agentEnv: Variables): string {
  const { agents } = readConfig(agentEnv)
  const people = Object.values(tenant.users).map(({ mail }) => mail)
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
