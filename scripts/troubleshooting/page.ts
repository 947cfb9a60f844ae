import { resolve } from 'node:path'
import { commonProblems, type ProblemKind } from '@entra-bedrock-agent/service-kit'
import { catalogue as agentProblems } from '../../services/agent/src/problems.ts'
import { mcpProblems } from '../../services/agent/src/tools/mcp/problems.ts'
import { weatherProblems as weatherToolProblems } from '../../services/agent/src/tools/weather/problems.ts'
import { catalogue as weatherApiProblems } from '../../services/weather-api/src/problems.ts'

export const troubleshootingFile = resolve(import.meta.dirname, '../../docs/troubleshooting.md')

/** The troubleshooting page: one table a catalogue, in the catalogue's order. */
export function troubleshootingPage(): string {
  return `# Troubleshooting

Every failure has a code. You find it in the message on the page, in the \`code\` of a response and in the log,
together with a request id that joins them. This page is made from the catalogues
in \`problems.ts\` by \`npm run troubleshooting\`.

## The agent

${table(agentProblems)}
## The agent’s weather tools

${table(weatherToolProblems)}
## The agent’s MCP servers

${table(mcpProblems)}
## The weather API

${table(weatherApiProblems)}
## Both

${table(commonProblems)}`
}

function table(catalogue: Readonly<Record<string, ProblemKind>>): string {
  const rows = Object.entries(catalogue).map(
    ([code, { status, title, hint }]) =>
      `| <a id="${code}"></a>\`${code}\` | ${status} | ${title} | ${hint} |\n`,
  )
  return `| code | status | cause | what to do |\n| --- | --- | --- | --- |\n${rows.join('')}`
}
