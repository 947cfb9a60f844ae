import { stripVTControlCharacters } from 'node:util'
import { expect, it } from 'vitest'
import { writeReport } from './report.ts'

it('The report says once what to do, by the first finding to which it belongs', () => {
  const hint = 'Solve the other findings first.'
  const findings = ['sidecar entry', 'token'].map(
    check => ({ check, status: 'WARN', code: 'NOT_CHECKED', detail: 'Not looked at.', hint }) as const,
  )
  expect(stripVTControlCharacters(writeReport(findings)).split('\n')).toEqual([
    'WARN  sidecar entry: Not looked at. [NOT_CHECKED]',
    `      → ${hint}`,
    'WARN  token: Not looked at. [NOT_CHECKED]',
    '',
    '0 in order, 2 to look at, 0 failed.',
    '',
  ])
})
