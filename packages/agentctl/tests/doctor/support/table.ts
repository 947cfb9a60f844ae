import { stripVTControlCharacters } from 'node:util'
import type { Finding } from '../../../src/doctor/finding.ts'
import { writeReport } from '../../../src/doctor/report.ts'

/** The row of a failure in the documentation. */
export function rowOf(what: string, finding: Finding | undefined): string {
  if (!finding) throw new Error(`The doctor found nothing when ${what}.`)
  const { check, code, detail, hint = '' } = finding
  const cells = [what, `\`${code}\``, `${check}: ${detail}`, hint]
  return `| ${cells.map(cell => withoutRunDetails(cell).replaceAll('|', '\\|')).join(' | ')} |\n`
}

export function tableOf(rows: readonly string[]): string {
  return `| what is wrong | code | what the doctor says | what to do |\n| --- | --- | --- | --- |\n${rows.join('')}`
}

/** The report on findings as users read it, under a title; without the claims of tokens, which differ in each run. */
export function sectionOf(title: string, findings: readonly Finding[]): string {
  const report = writeReport(findings.map(({ claims: _claims, ...finding }) => finding))
  return `# ${title}\n\n${withoutRunDetails(stripVTControlCharacters(report))}\n`
}

/** Replaces what differs between runs or machines: ports, files, times, made ids, addresses, the processor. */
function withoutRunDetails(text: string): string {
  return text
    .replaceAll(/\S*web-identity-\w+\/token/g, '/var/run/secrets/aws/token')
    .replaceAll(/(\S*laptop-\w+\/aws-|\/nonexistent\/)(?=config|credentials)/g, '~/.aws/')
    .replaceAll(/\S*\/test-\w+\//g, '')
    .replaceAll(/\b(?!11111111-)[\da-f]{8}-(?!0000)[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}\b/g, '‹id›')
    .replaceAll(/(?<=localhost is )\S+(?=\.)/g, '127.0.0.1')
    .replaceAll(/(?<=This machine is )\w+(?=, as)/g, 'amd64')
    .replaceAll(/ at \d{4}-[\d:.TZ-]+Z/g, '')
    .replaceAll(/(localhost|127\.0\.0\.1):\d+/g, '$1')
    .replaceAll(/(?<=Port |-i :)\d+/g, '3001')
}
