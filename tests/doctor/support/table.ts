import type { Finding } from '../../../scripts/doctor/finding.ts'

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

/** Replaces ports, files and times, which differ in each run. */
function withoutRunDetails(text: string): string {
  return text
    .replaceAll(/\S*web-identity-\w+\/token/g, '/var/run/secrets/aws/token')
    .replaceAll(/(\S*laptop-\w+\/aws-|\/nonexistent\/)(?=config|credentials)/g, '~/.aws/')
    .replaceAll(/ at \d{4}-[\d:.TZ-]+Z/g, '')
    .replaceAll(/(localhost|127\.0\.0\.1):\d+/g, '$1')
    .replaceAll(/(?<=Port |-i :)\d+/g, '3001')
}
