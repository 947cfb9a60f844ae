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

/** The texts that take the place of names in braces in `page.md`. */
function partsOfPage(): Readonly<Record<string, string>> {
  const catalogues = {
    ...{ agentProblems, identityProblems, bedrockProblems },
    ...{ approvalProblems, mcpProblems, commonProblems },
  }
  const tables = Object.entries(catalogues).map(([name, problems]) => [name, problemTable(problems)])
  const sections = sectionsOfApis
    .flatMap(sections => Object.entries(sections))
    .map(([heading, problems]) => `## ${heading}\n\n${problemTable(problems)}\n`)
  const rowsOfDoctor = Object.entries(doctorProblems).map(
    ([code, { title, hint }]) => `| \`${code}\` | ${title} | ${hint} |\n`,
  )
  return {
    ...Object.fromEntries(tables),
    sectionsOfApis: sections.join(''),
    doctorProblems: rowsOfDoctor.join(''),
    inducedFailures: inducedFailures.map(read).join('\n').trimEnd(),
  }
}

/** The troubleshooting page: one table for each catalogue, in the catalogue's order. */
export function troubleshootingPage(): string {
  const parts = partsOfPage()
  return read('page.md').replaceAll(/\{\{(\w+)\}\}/g, (_braces, name) => {
    const part = parts[name]
    if (part === undefined) throw new Error(`page.md names “${name}”, which is no part of the page.`)
    return part
  })
}

function read(file: string): string {
  return readFileSync(resolve(import.meta.dirname, 'troubleshooting', file), 'utf8')
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
