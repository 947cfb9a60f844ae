import { median } from '../../tests/support/median.ts'

/** One figure of this project beside that of a peer, measured in turn in the same run. Less is better. */
export interface Row {
  readonly what: string
  readonly peer: string
  readonly unit: 'ms' | 'µs' | 'MiB'
  /** Medians of the rounds. */
  readonly own: number
  readonly other: number
  /** The median of the rounds' ratios, and their quartiles. */
  readonly ratio: number
  readonly lowerQuartile: number
  readonly upperQuartile: number
  readonly rounds: number
  /** The ratio of the run before this one, if that was on the same machine and Node. */
  readonly ratioBefore?: number
}

/** A run of one benchmark. */
export interface Run {
  readonly date: string
  readonly node: string
  readonly machine: string
  /** The machine's load average when the run began and when it ended. */
  readonly load: string
  readonly rows: readonly Row[]
}

/** The latest run of each benchmark, by the name of its folder. */
export type Results = Readonly<Record<string, Run>>

/** Compares the figures of the same rounds. */
export function rowOf(
  head: Pick<Row, 'what' | 'peer' | 'unit'>,
  own: readonly number[],
  others: readonly number[],
): Row {
  const ratios = own.map((figure, round) => figure / (others[round] ?? Number.NaN)).sort((a, b) => a - b)
  const quantile = (share: number) => ratios[Math.round((ratios.length - 1) * share)] ?? Number.NaN
  const figures = {
    own: median(own),
    other: median(others),
    ratio: median(ratios),
    lowerQuartile: quantile(0.25),
    upperQuartile: quantile(0.75),
  }
  const rounded = Object.entries(figures).map(([name, figure]) => [name, Number(figure.toPrecision(4))])
  return { ...head, ...(Object.fromEntries(rounded) as typeof figures), rounds: own.length }
}
