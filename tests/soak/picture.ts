import type { Sample } from './processes.ts'
import type { Episode, Turn } from './turn.ts'

/** What a run was, as much of it as can be drawn. */
export interface Drawn {
  /** Milliseconds since 1970. */
  readonly startedAt: number
  readonly endedAt: number
  readonly faults: readonly string[]
  readonly episodes: readonly Episode[]
  readonly turns: readonly Turn[]
  readonly unexplained: readonly Turn[]
  readonly samples: readonly Sample[]
}

const width = 1_120
const left = 300
const right = 60
const row = 18
const chart = 120
const gap = 34
const colours = {
  well: '#4c8ba8',
  failed: '#d99a2b',
  unexplained: '#c0282d',
  fault: '#8a4f9e',
  healing: '#cdb3d6',
  agent: '#1f6f8b',
  sidecar: '#8a4f9e',
  'weather-api': '#4f8a3d',
}

/** Faults, turns and memory over the time of a run, one above the other, as SVG. */
export function drawRun(run: Drawn): string {
  const minutes = (run.endedAt - run.startedAt) / 60_000
  const x = (at: number) =>
    left + ((at - run.startedAt) / (run.endedAt - run.startedAt)) * (width - left - right)
  const turnsTop = 40 + run.faults.length * row + gap
  const memoryTop = turnsTop + chart + gap
  const height = memoryTop + chart + 40
  const step = [1, 5, 10, 30, 60, 120].find(each => minutes / each <= 12) ?? 240
  const ticks = Array.from({ length: Math.floor(minutes / step) + 1 }, (_, index) => index * step)
  const parts = [
    ...ticks.map(minute => drawTick(x(run.startedAt + minute * 60_000), minute, height - 24)),
    ...drawFaults(run, x),
    ...drawTurns(run, x, turnsTop),
    ...drawMemory(run, x, memoryTop),
  ]
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="11" role="img" aria-label="Faults, turns and memory over ${Math.round(minutes)} minutes">
<rect width="${width}" height="${height}" fill="#fff"/>
${parts.join('\n')}
</svg>
`
}

function drawTick(x: number, minute: number, bottom: number): string {
  return `<path d="M${fixed(x)} 28V${bottom}" stroke="#e4e4e4"/>${text(x, bottom + 14, `${minute} min`, 'middle')}`
}

/** A row for each fault: dark while it was in force, light until all was well again. */
function drawFaults({ faults, episodes }: Drawn, x: (at: number) => number): string[] {
  return faults.flatMap((name, index) => {
    const top = 32 + index * row
    const own = episodes.filter(({ fault }) => fault === name)
    return [
      text(left - 10, top + 12, name, 'end'),
      ...own.map(({ endedAt, healedAt }) => bar(x(endedAt), x(healedAt), top + 3, row - 6, colours.healing)),
      ...own.map(({ startedAt, endedAt }) => bar(x(startedAt), x(endedAt), top + 3, row - 6, colours.fault)),
    ]
  })
}

function drawTurns(
  { turns, unexplained, startedAt, endedAt }: Drawn,
  x: (at: number) => number,
  top: number,
) {
  const count = Math.min(240, Math.ceil((endedAt - startedAt) / 5_000))
  const span = (endedAt - startedAt) / count
  const slots = Array.from({ length: count }, () => ({ well: 0, failed: 0, unexplained: 0 }))
  const strange = new Set(unexplained)
  for (const turn of turns) {
    const slot = slots[Math.floor((turn.startedAt + turn.ms - startedAt) / span)]
    if (!slot) continue
    if (strange.has(turn)) slot.unexplained++
    else if (turn.outcome === 'OK') slot.well++
    else slot.failed++
  }
  const most = Math.max(1, ...slots.map(({ well, failed, unexplained }) => well + failed + unexplained))
  const bars = slots.flatMap((slot, index) => {
    const [from, to] = [x(startedAt + index * span), x(startedAt + (index + 1) * span)]
    let bottom = top + chart
    return (['well', 'failed', 'unexplained'] as const).map(kind => {
      const size = (slot[kind] / most) * chart
      bottom -= size
      return size === 0 ? '' : bar(from, to, bottom, size, colours[kind])
    })
  })
  const perSecond = (most / (span / 1_000)).toFixed(0)
  return [
    text(left - 10, top + 12, `turns a second, at most ${perSecond}`, 'end'),
    ...drawLegend(top + 30, [
      ['answered', colours.well],
      ['failed, with the right problem', colours.failed],
      ['unexplained', colours.unexplained],
    ]),
    ...bars.filter(part => part !== ''),
  ]
}

function drawMemory({ samples }: Drawn, x: (at: number) => number, top: number): string[] {
  const most = Math.max(1, ...samples.map(({ residentMiB }) => residentMiB))
  const y = (value: number) => top + chart - (value / most) * chart
  const processes = [...Map.groupBy(samples, ({ process }) => process).values()]
  const colourOf = (container: string) => colours[container as keyof typeof colours]
  const lines = processes.map(points => {
    const path = points.map(({ at, residentMiB }) => `${fixed(x(at))} ${fixed(y(residentMiB))}`).join('L')
    return `<path d="M${path}" fill="none" stroke="${colourOf(points[0]?.container ?? '')}"/>`
  })
  const names = [...new Set(samples.map(({ container }) => container))]
  return [
    text(left - 10, top + 12, `memory of each process, at most ${most.toFixed(0)} MiB`, 'end'),
    ...drawLegend(
      top + 30,
      names.map(name => [name, colourOf(name)] as const),
    ),
    ...lines,
  ]
}

function drawLegend(top: number, entries: readonly (readonly [name: string, colour: string])[]): string[] {
  return entries.flatMap(([name, colour], index) => [
    bar(left - 22, left - 10, top + index * 16, 10, colour),
    text(left - 28, top + 9 + index * 16, name, 'end'),
  ])
}

function bar(from: number, to: number, top: number, height: number, colour: string): string {
  const wide = Math.max(1, to - from)
  return `<rect x="${fixed(from)}" y="${fixed(top)}" width="${fixed(wide)}" height="${fixed(height)}" fill="${colour}"/>`
}

function text(x: number, y: number, words: string, anchor: 'middle' | 'end'): string {
  return `<text x="${fixed(x)}" y="${fixed(y)}" text-anchor="${anchor}" fill="#333">${words}</text>`
}

function fixed(value: number): string {
  return value.toFixed(1)
}
