/** `npm run troubleshooting`: writes docs/troubleshooting.md from the problem catalogues of the services. */
import { readFileSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { agentProblems } from '@entra-agents/agent/problems'
import { doctorProblems } from '@entra-agents/agentctl/doctor/problems'
import { approvalProblems } from '@entra-agents/approval'
import { bedrockProblems } from '@entra-agents/bedrock-access'
import { identityProblems } from '@entra-agents/identity/core'
import { mcpProblems } from '@entra-agents/mcp-tools'
import { commonProblems, type ProblemKind } from '@entra-agents/service-kit'
import { weatherSections } from './troubleshooting/weather.ts'

export const troubleshootingFile = resolve(import.meta.dirname, '../docs/troubleshooting.md')

type Problems = Readonly<Record<string, ProblemKind>>

/** The sections of the APIs of this repository, each with its problems. */
const sectionsOfApis: readonly Readonly<Record<string, Problems>>[] = [weatherSections]

/** The files that the doctor’s tests write. */
const inducedFailures = ['induced-failures.md', 'cluster-failures.md']

/** The troubleshooting page: one table for each catalogue, in the catalogue's order. */
export function troubleshootingPage(): string {
  return `# Troubleshooting

Every failure has a code. You find it in the message on the page, in the \`code\` of a response and in the log,
together with a request id that joins them. This page is made from the catalogues
in \`problems.ts\` by \`npm run troubleshooting\`.

Where the cause is not at hand, ask the doctor: \`npx --no-install agentctl doctor\` looks at everything that an agent with this \`.env\`
depends on, or at the running demo if there is no \`.env\`, and says what is wrong and what to do. It changes nothing. What it says of each failure is
[below](#what-the-doctor-says).

Remedies name an agent's settings as [its packages](../packages/identity/README.md) do. In this repository's agent they are these [variables](configuration.md):

| in a remedy | variable |
| --- | --- |
| \`tenantId\`, \`authority\`, \`blueprintAppId\` | \`TENANT_ID\`, \`ENTRA_AUTHORITY\`, \`BLUEPRINT_APP_ID\` |
| \`clientId\` of the agent, its user account | \`AGENT_CLIENT_ID\`; with several agents \`clientId\` and \`agentUser\` in the file of \`AGENTS_CONFIG\` |
| \`url\` of the sidecar | \`SIDECAR_URL\` |
| \`url\` and \`appId\` of an API | such as \`TASKS_API_URL\` and \`TASKS_API_APP_ID\` for a tasks-api |
| \`authenticationContexts\` of an API | the variable of the API, or \`authenticationContexts\` of an MCP server |

## The agent

${problemTable(agentProblems)}
## Identities, the sidecar and calls of APIs

${problemTable(identityProblems)}
## Amazon Bedrock

${problemTable(bedrockProblems)}
## The agent’s approvals

Of turns that [wait for their user](approval.md). The calls that waited were not made, except perhaps with \`APPROVAL_USED\`.

${problemTable(approvalProblems)}
## The agent’s MCP servers

${problemTable(mcpProblems)}
${sectionsOfApis
  .flatMap(sections => Object.entries(sections))
  .map(([heading, problems]) => `## ${heading}\n\n${problemTable(problems)}\n`)
  .join('')}## Every service

${problemTable(commonProblems)}
## The doctor

| code | cause | what to do |
| --- | --- | --- |
${Object.entries(doctorProblems)
  .map(([code, { title, hint }]) => `| \`${code}\` | ${title} | ${hint} |\n`)
  .join('')}
## What the doctor says

Each of these failures is induced by a test, with the emulators of Entra, sidecar and Bedrock; this is what
the doctor said. On a cluster it looks as well, with \`npx --no-install agentctl doctor --kube\`.

${inducedFailures.map(file => readFileSync(resolve(import.meta.dirname, 'troubleshooting', file), 'utf8')).join('\n')}`
}

function problemTable(catalogue: Problems): string {
  const rows = Object.entries(catalogue).map(
    ([code, { status, title, hint }]) =>
      `| <a id="${code}"></a>\`${code}\` | ${status} | ${title} | ${hint} |\n`,
  )
  return `| code | status | cause | what to do |\n| --- | --- | --- | --- |\n${rows.join('')}`
}

if (import.meta.main) {
  writeFileSync(troubleshootingFile, troubleshootingPage())
  console.log('docs/troubleshooting.md is up to date.')
}
