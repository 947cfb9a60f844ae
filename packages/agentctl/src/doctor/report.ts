import { clearLine, cursorTo } from 'node:readline'
import { styleText } from 'node:util'
import { claimDictionary } from '@entra-agents/trace'
import { visible } from '../set-up/visible.ts'
import type { Finding, Watch } from './finding.ts'

const colours = { PASS: 'green', WARN: 'yellow', FAIL: 'red' } as const

/** Shows on a terminal, in one line that changes, which checks have not ended. */
export const showProgress: Watch = open => {
  const { stderr } = process
  if (!stderr.isTTY) return
  cursorTo(stderr, 0)
  clearLine(stderr, 0)
  if (open.length > 0) stderr.write(`Looking at ${open.join(', ')}`.slice(0, stderr.columns - 1))
}

/** The findings as lines for people, with a summary; coloured on a terminal only. What to do is said once, by the first such finding. */
export function writeReport(findings: readonly Finding[]): string {
  const hints = findings.map(({ hint }) => hint)
  const lines = findings.flatMap(({ check, status, detail, code, hint, claims = {} }, index) => [
    `${styleText(colours[status], status)}  ${visible(`${check}: ${detail}`)}${code ? ` [${code}]` : ''}`,
    ...(hint && hints.indexOf(hint) === index ? [`      → ${visible(hint)}`] : []),
    ...Object.entries(claims).flatMap(([name, value]) => explainClaim(name, value)),
  ])
  const count = (status: Finding['status']) => findings.filter(finding => finding.status === status).length
  const summary = `${count('PASS')} in order, ${count('WARN')} to look at, ${count('FAIL')} failed.`
  return [...lines, '', summary, ''].join('\n')
}

/** Explains a claim; opaque claims are shown with --json only. */
function explainClaim(name: string, value: unknown): readonly string[] {
  const known = claimDictionary[name]
  if (known?.group === 'opaque') return []
  return [`      ${name} = ${visible(JSON.stringify(value))}${known ? `  (${known.meaning})` : ''}`]
}
