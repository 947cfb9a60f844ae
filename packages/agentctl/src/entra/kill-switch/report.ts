import type { Entry } from '../text.ts'
import type { Proof } from './prove.ts'
import type { Series } from './series.ts'

const toSeconds = (ms: number | undefined) => (ms === undefined ? 'never' : (ms / 1_000).toFixed(2))

/** What a proof observed, as a table. */
export function writeSeries({ series, controls, intervalMs }: Proof): string {
  const row = ({ title, given, failed, lastGivenMs, refused }: Series) => [
    title,
    `${given} of ${given + failed}`,
    toSeconds(lastGivenMs),
    toSeconds(refused?.fromMs),
    refused?.code ?? '',
  ]
  const head = ['what', 'worked', 'last (s)', 'refused from (s)', 'with']
  const measured = [...Object.values(series), ...controls].filter(({ given, failed }) => given + failed > 0)
  const rows = [head, ...measured.map(row)]
  const widths = head.map((_, column) => Math.max(...rows.map(cells => cells[column]?.length ?? 0)))
  const write = (cells: readonly string[]) =>
    cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')
  const title = `Seconds since Enter; asked every ${toSeconds(intervalMs)} s, so that "last" may be that much too early`
  return ['', title, ...rows.map(cells => `  ${write(cells)}`.trimEnd())].join('\n')
}

/** The outcome of a proof. */
export function describeProof(proof: Proof): Omit<Entry, 'title'> {
  const { series, controls, expiresMs, isApiAwaited, doubts } = proof
  const verdict = isApiAwaited ? 'No new token, and no call with an earlier one.' : 'No new token.'
  const until = expiresMs === undefined ? 'unknown' : new Date(expiresMs).toISOString()
  const lives = `The earlier token lives until ${until}, and a minute more at an API that allows for clocks. --deny-list ends it at once.`
  return {
    measure: 'proof',
    result: doubts.length > 0 ? 'not proven' : 'proven',
    note: [...(doubts.length > 0 ? doubts : [verdict]), ...(isApiAwaited || !expiresMs ? [] : [lives])].join(
      '\n',
    ),
    series: [...Object.values(series), ...controls],
  }
}

/** The outcome of calls to the API with an earlier token. */
export function describeRefusal({ last, lastGivenMs, refused, failure }: Series): Omit<Entry, 'title'> {
  const measured = { measure: 'API' } as const
  const [since, until] = [toSeconds(refused?.fromMs), toSeconds(lastGivenMs)]
  if (refused && /deny-list/.test(refused.code)) {
    const note = `The API refuses an earlier token from ${since} s after Enter on.`
    return { ...measured, result: 'refused', note, code: refused.code }
  }
  const accepted = `The API still accepted an earlier token ${until} s after Enter.`
  if (last === 'given') return { ...measured, result: 'accepted', note: accepted }
  const note = `Whether the API refuses earlier tokens: ${failure ?? 'it was not called'}.`
  return { ...measured, result: 'not measured', note }
}
