import type { Turn } from '../cluster/support/load.ts'
import { median } from '../support/median.ts'
import { fitSlope, type Sample, type Slope } from './processes.ts'
import { type Episode, explains } from './turn.ts'

/** What happened in a run. */
export interface Run {
  readonly seed: number
  /** Milliseconds since 1970. */
  readonly startedAt: number
  readonly endedAt: number
  /** The names of the faults that could happen. */
  readonly faults: readonly string[]
  readonly episodes: readonly Episode[]
  readonly turns: readonly Turn[]
  /** Turns that no fault explains. */
  readonly unexplained: readonly Turn[]
  readonly samples: readonly Sample[]
  /** Turns and streams that are open at the agents after the load has stopped. */
  readonly openAtEnd: number
  /** Why the run ended early; `undefined` if it did not. */
  readonly brokenOff: string | undefined
}

/** The first minutes of a process, in which heap and compiled code grow. */
const warmUpMs = 5 * 60_000
/** A shorter run cannot distinguish a leak from a heap that is still growing. */
const leastMinutesForSlopes = 30
const turnLimitMs = 60_000

const measures = [
  { name: 'memory, MiB', of: (sample: Sample) => sample.residentMiB, allowedPerHour: 20 },
  { name: 'open files', of: (sample: Sample) => sample.openFiles, allowedPerHour: 4 },
  { name: 'sockets', of: (sample: Sample) => sample.sockets, allowedPerHour: 4 },
]

export interface Report {
  readonly text: string
  /** What was wrong; empty if the run passed. */
  readonly complaints: readonly string[]
}

/** Makes the report of a run, and decides whether it passed. */
export function makeReport(run: Run): Report {
  const { turns, episodes, unexplained, startedAt, endedAt, seed } = run
  const minutes = (endedAt - startedAt) / 60_000
  const slopes = slopesOf(run.samples)
  const complaints = [
    ...(run.brokenOff === undefined ? [] : [`The run broke off: ${run.brokenOff}`]),
    ...(unexplained.length > 0 ? [`${unexplained.length} turns have no explanation.`] : []),
    ...turns
      .filter(({ ms }) => ms > turnLimitMs)
      .map(({ way, ms }) => `A turn (${way}) took ${seconds(ms)} s.`),
    ...(run.openAtEnd > 0
      ? [`${run.openAtEnd} turns or streams are still open after all clients are gone.`]
      : []),
    ...(minutes < leastMinutesForSlopes ? [] : slopes.filter(isLeak).map(complaintOf)),
  ]
  const answered = turns.filter(({ outcome }) => outcome === 'OK').length
  const text = `# ${Math.round(minutes)} minutes of faults, seed ${seed}

${turns.length} turns: ${answered} were answered, ${turns.length - answered - unexplained.length} ended in a problem that was right for the fault of the moment,
${unexplained.length} are unexplained. The longest took ${seconds(Math.max(...turns.map(({ ms }) => ms)))} s. ${episodes.length} faults.

## Faults

Time to heal: from the fault's end until the last turn that failed by it, and until every pod is ready.

${table(['fault', 'times', 'turns meanwhile', 'of these failed', 'with', 'time to heal, s: median, longest'], faultRows(run))}

## Turns

${table(['way', 'turns', 'answered', 'median ms', '99th percentile, ms', 'longest, ms'], turnKindRows(turns))}

## Processes

Change in an hour, with its standard error, over what each process held after its first ${warmUpMs / 60_000} minutes. First and
last are medians of ten samples.

${table(['container', 'processes', 'measure', 'first', 'last', 'change in an hour'], slopeRows(slopes))}
${list('Unexplained', unexplained.slice(0, 50).map(describeTurn(run)))}${list('Complaints', complaints)}`
  return { text, complaints }
}

function faultRows({ faults, episodes, turns }: Run): string[][] {
  return faults.map(fault => {
    const own = episodes.filter(episode => episode.fault === fault)
    const during = turns.filter(turn => own.some(episode => overlaps(episode, turn)))
    const failed = turns.filter(turn => turn.outcome !== 'OK' && own.some(episode => explains(episode, turn)))
    const codes = Map.groupBy(failed, ({ outcome }) => outcome)
    const heals = own.map(episode => timeToHeal(episode, failed)).sort((a, b) => a - b)
    return [
      fault,
      `${own.length}`,
      `${during.length}`,
      `${failed.length}`,
      [...codes].map(([code, { length }]) => `\`${code}\` ${length}`).join(', ') || '–',
      own.length === 0 ? '–' : `${seconds(median(heals))}, ${seconds(heals.at(-1) ?? 0)}`,
    ]
  })
}

function overlaps({ startedAt, healedAt }: Episode, turn: Turn): boolean {
  return turn.startedAt <= healedAt && turn.startedAt + turn.ms >= startedAt
}

function timeToHeal(episode: Episode, failed: readonly Turn[]): number {
  const ends = failed
    .filter(turn => explains(episode, turn))
    .map(({ startedAt, ms }) => startedAt + ms - episode.endedAt)
  return Math.max(0, episode.readyAt - episode.endedAt, ...ends)
}

function turnKindRows(turns: readonly Turn[]): string[][] {
  return [...Map.groupBy(turns, ({ way }) => way)].map(([way, own]) => {
    const answered = own.filter(({ outcome }) => outcome === 'OK')
    const times = answered.map(({ ms }) => ms).sort((a, b) => a - b)
    const percentile = times[Math.floor(times.length * 0.99)] ?? 0
    const shown = [own.length, answered.length, median(times) || 0, percentile, times.at(-1) ?? 0]
    return [way, ...shown.map(String)]
  })
}

interface MeasuredSlope {
  readonly container: string
  readonly processes: number
  readonly measure: (typeof measures)[number]
  readonly first: number
  readonly last: number
  readonly slope: Slope | undefined
}

function slopesOf(samples: readonly Sample[]): readonly MeasuredSlope[] {
  return [...Map.groupBy(samples, ({ container }) => container)].flatMap(([container, own]) => {
    const steady = [...Map.groupBy(own, ({ process }) => process).values()].flatMap(afterWarmUp)
    const processes = new Set(steady.map(({ process }) => process)).size
    return measures.map(measure => {
      const points = steady.map(sample => ({ ...sample, value: measure.of(sample) }))
      const values = points.map(({ value }) => value)
      const [first = Number.NaN, last = Number.NaN] = [values.slice(0, 10), values.slice(-10)].map(median)
      return { container, processes, measure, first, last, slope: fitSlope(points) }
    })
  })
}

function afterWarmUp(samples: readonly Sample[]): readonly Sample[] {
  const from = samples[0]?.at ?? 0
  return samples.filter(({ at }) => at - from > warmUpMs)
}

function isLeak({ slope, measure }: MeasuredSlope): boolean {
  return slope !== undefined && slope.perHour - 2 * slope.error > measure.allowedPerHour
}

function complaintOf({ container, measure, slope }: MeasuredSlope): string {
  return `${container}: ${measure.name} grows by ${slope?.perHour.toFixed(1)} an hour.`
}

function slopeRows(slopes: readonly MeasuredSlope[]): string[][] {
  return slopes.map(({ container, processes, measure, first, last, slope }) => [
    container,
    `${processes}`,
    measure.name,
    slope ? first.toFixed(0) : '–',
    slope ? last.toFixed(0) : '–',
    slope ? `${slope.perHour.toFixed(1)} ± ${slope.error.toFixed(1)}` : 'too short to tell',
  ])
}

function describeTurn({ startedAt, episodes }: Run): (turn: Turn) => string {
  return turn => {
    const near = episodes.filter(episode => overlaps(episode, turn)).map(({ fault }) => fault)
    const from = seconds(turn.startedAt - startedAt)
    return `${from} s: ${turn.way}, \`${turn.outcome}\` after ${turn.ms} ms (${near.join(', ') || 'no fault'})`
  }
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [head, head.map(() => '---'), ...rows]
  return lines.map(cells => `| ${cells.join(' | ')} |`).join('\n')
}

function list(title: string, items: readonly string[]): string {
  return items.length === 0 ? '' : `\n## ${title}\n\n${items.map(item => `- ${item}`).join('\n')}\n`
}

function seconds(ms: number): string {
  return (ms / 1_000).toFixed(1)
}
