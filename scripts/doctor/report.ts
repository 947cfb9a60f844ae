import { claimDictionary } from '@entra-bedrock-agent/identity-trace'
import type { Finding } from './finding.ts'

const colours = { PASS: 32, WARN: 33, FAIL: 31 } as const

/** The findings as lines for people, with a summary. */
export function writeReport(findings: readonly Finding[], { colour }: { readonly colour: boolean }): string {
  const paint = (status: Finding['status']) =>
    colour ? `\u001b[${colours[status]}m${status}\u001b[0m` : status
  const lines = findings.flatMap(({ check, status, detail, code, hint, claims = {} }) => [
    `${paint(status)}  ${check}: ${detail}${code ? ` [${code}]` : ''}`,
    ...(hint ? [`      → ${hint}`] : []),
    ...Object.entries(claims).flatMap(([name, value]) => explainClaim(name, value)),
  ])
  return [...lines, '', summarise(findings), ''].join('\n')
}

/** Explains a claim; opaque ones are shown with --json only. */
function explainClaim(name: string, value: unknown): readonly string[] {
  const known = claimDictionary[name]
  if (known?.group === 'opaque') return []
  return [`      ${name} = ${JSON.stringify(value)}${known ? `  (${known.meaning})` : ''}`]
}

function summarise(findings: readonly Finding[]): string {
  const count = (status: Finding['status']) => findings.filter(finding => finding.status === status).length
  return `${count('PASS')} in order, ${count('WARN')} to look at, ${count('FAIL')} failed.`
}
