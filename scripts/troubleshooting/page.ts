import { resolve } from 'node:path'
import { commonProblems, type ProblemKind } from '@entra-bedrock-agent/service-kit'
import { catalogue as agentProblems } from '../../services/agent/src/problems.ts'
import { catalogue as weatherProblems } from '../../services/weather-api/src/problems.ts'

export const troubleshootingFile = resolve(import.meta.dirname, '../../docs/troubleshooting.md')

/** The troubleshooting page: one table a catalogue, in the catalogue's order. */
export function troubleshootingPage(): string {
  return `# Troubleshooting

Every failure has a code. You find it in the message on the page, in the \`code\` of an API answer and in the log,
together with a request id that joins them. This page is made from the catalogues in \`services/*/src/problems.ts\`
by \`npm run troubleshooting\`.

## The agent

${table(agentProblems)}
## The weather API

${table(weatherProblems)}
## Both

${table(commonProblems)}`
}

function table(catalogue: Readonly<Record<string, ProblemKind>>): string {
  const rows = Object.entries(catalogue).map(
    ([code, { status, title, hint }]) => `| \`${code}\` | ${status} | ${title} | ${hint} |\n`,
  )
  return `| code | status | cause | what to do |\n| --- | --- | --- | --- |\n${rows.join('')}`
}
