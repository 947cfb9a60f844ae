import type { Proof } from './prove.ts'
import type { Series } from './series.ts'

/** Describes what a proof observed, with times in seconds since the switch was thrown. */
export function describeProof({ startMs, series, controls, expiresMs, isApiAwaited, doubts }: Proof): string {
  const seconds = (ms: number | undefined) =>
    ms === undefined ? 'never' : ((ms - startMs) / 1_000).toFixed(2)
  const row = ({ title, given, failed, lastGivenMs, refused }: Series) => [
    title,
    `${given} of ${given + failed}`,
    lastGivenMs !== undefined && lastGivenMs < startMs ? 'before' : seconds(lastGivenMs),
    seconds(refused?.fromMs),
    refused?.code ?? '',
  ]
  const head = ['what', 'worked', 'last (s)', 'refused from (s)', 'with']
  const rows = [
    head,
    ...[...Object.values(series), ...controls].filter(({ given, failed }) => given + failed > 0).map(row),
  ]
  const widths = head.map((_, column) => Math.max(...rows.map(cells => cells[column]?.length ?? 0)))
  const table = rows.map(
    cells =>
      `  ${cells
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd()}`,
  )
  const expires = new Date(expiresMs).toISOString()
  const rest = isApiAwaited
    ? []
    : [
        `Tokens from before live until ${expires}, and a minute more at an API that allows for clocks. --deny-list ends them at once.`,
      ]
  const verdict =
    doubts.length > 0
      ? ['Not proven:', ...doubts.map(doubt => `  ${doubt}`)]
      : [isApiAwaited ? 'Proven: no new token, and no call with one from before.' : 'Proven: no new token.']
  return ['', 'Seconds since the switch was thrown', ...table, ...rest, ...verdict].join('\n')
}
