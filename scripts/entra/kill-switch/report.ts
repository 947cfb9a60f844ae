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
  const asked = [...Object.values(series), ...controls].filter(({ given, failed }) => given + failed > 0)
  const rows = [head, ...asked.map(row)]
  const widths = head.map((_, column) => Math.max(...rows.map(cells => cells[column]?.length ?? 0)))
  const table = rows.map(
    cells =>
      `  ${cells
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd()}`,
  )
  const title = `Seconds since Enter; asked every ${toSeconds(intervalMs)} s, so that "last" may be that much too early`
  return ['', title, ...table].join('\n')
}

/** The outcome of a proof. */
export function describeProof(proof: Proof): Omit<Entry, 'title'> {
  const { series, controls, expiresMs, isApiAwaited, doubts } = proof
  const verdict = isApiAwaited ? 'No new token, and no call with an earlier one.' : 'No new token.'
  const lives =
    expiresMs === undefined || isApiAwaited
      ? []
      : [
          `The earlier token lives until ${new Date(expiresMs).toISOString()}, and a minute more at an API that allows for clocks. --deny-list ends it at once.`,
        ]
  return {
    measure: 'proof',
    result: doubts.length > 0 ? 'not proven' : 'proven',
    note: [...(doubts.length > 0 ? doubts : [verdict]), ...lives].join('\n'),
    series: [...Object.values(series), ...controls],
  }
}

/** The outcome of calls to the API with an earlier token. */
export function describeRefusal({ last, lastGivenMs, refused, failure }: Series): Omit<Entry, 'title'> {
  if (refused && /deny-list/.test(refused.code)) {
    const note = `The API refuses an earlier token from ${toSeconds(refused.fromMs)} s after Enter on.`
    return { measure: 'API', result: 'refused', note, code: refused.code }
  }
  if (last !== 'given')
    return {
      measure: 'API',
      result: 'not measured',
      note: `Whether the API refuses earlier tokens: ${failure ?? 'it was not called'}.`,
    }
  const note = `The API still accepted an earlier token ${toSeconds(lastGivenMs)} s after Enter.`
  return { measure: 'API', result: 'accepted', note }
}
