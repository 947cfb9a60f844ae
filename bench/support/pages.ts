import type { Results, Row } from './row.ts'

/** Where the table of sizes begins and ends in a page. */
const sizes = {
  begin: '<!-- Written by make bench. -->\n',
  end: '<!-- The end of what make bench wrote. -->\n',
}

/** The page of all rows. Those in which this project takes most of what its peer takes come first. */
export function performancePage(results: Results): string {
  const rows = Object.entries(results)
    .flatMap(([bench, { rows }]) => rows.map(row => ({ bench, ...row })))
    .sort((a, b) => b.ratio - a.ratio)
  return `# Performance

\`make bench\` wrote this page. It runs each benchmark beside its peer, in turn and on the same machine, against the emulators; \`make bench BENCH=open-streams\`
runs one, and replaces its rows. Each figure is the median of the rounds. The ratio is the median of the rounds' ratios, followed by their quartiles; above 1
this project takes more than the peer. The highest ratio stands first. *Before* is the ratio of
the run before on the same machine: ${describeChanges(rows)}.

${table([
  ['what', 'here', 'peer', 'there', 'ratio', 'before', 'rounds', 'benchmark'],
  ...rows.map(row => [
    row.what,
    inUnit(row.own, row),
    row.peer,
    inUnit(row.other, row),
    describeRatio(row).join(' '),
    row.ratioBefore === undefined ? '–' : short(row.ratioBefore),
    row.rounds,
    `\`${row.bench}\``,
  ]),
])}
CPU is what the measured process took, of user and system, in all threads. An *image* is the bundle with its code compiled and the settings of the
\`Dockerfile\`. The *static key* is an access token in an environment variable, so that the peer calls the same API without an identity of its own. *Cached* means that the sidecar has the
token; *not cached*, that it asks Entra, whose emulator answers 300 ms late.

## The runs

The load average includes the benchmark itself. If it is higher than the number of processors, other programs ran as well: they lengthen waits and starts, more than CPU.

${table([
  ['command', 'date', 'Node', 'machine', 'load average at begin and end'],
  ...Object.entries(results).map(([bench, { date, node, machine, load }]) => [
    `\`make bench BENCH=${bench}\``,
    date,
    node,
    machine,
    load,
  ]),
])}`
}

/** By how much the ratios of two runs, one after the other, are apart at most. */
function describeChanges(rows: readonly Row[]): string {
  const most = (chosen: readonly Row[]) => {
    const changes = chosen.map(({ ratio, ratioBefore = ratio }) =>
      Math.max(ratio / ratioBefore, ratioBefore / ratio),
    )
    return `${Math.ceil((Math.max(1, ...changes) - 1) * 100)} %`
  }
  const [waits, others] = [rows.filter(isWait), rows.filter(row => !isWait(row))]
  return `of waits the two differ by at most ${most(waits)}, of all else by at most ${most(others)}`
}

const isWait = ({ what }: Row) => what.startsWith('wait for the token')

/** The page of operations, with the sizes that were measured. */
export function withSizes(page: string, results: Results): string {
  const [before, rest = ''] = page.split(sizes.begin)
  const [, after = ''] = rest.split(sizes.end)
  return `${before}${sizes.begin}${sizesTable(results)}${sizes.end}${after}`
}

function sizesTable(results: Results): string {
  const figureOf = (bench: string, what: string) => {
    const row = results[bench]?.rows.find(row => row.what === what)
    if (!row) throw new Error(`There is no figure of “${what}”.`)
    return row.own
  }
  const directMs = figureOf('direct-turn', whats.directTurn(16))
  const toolMs = figureOf('bedrock-turn', whats.toolTurn(20))
  const startedMiB = figureOf('startup', whats.startedMemory)
  const openMiB = figureOf('open-streams', whats.openMemory)
  const eachMiB = (openMiB - startedMiB) / 1_000
  const perSecond = (ms: number) => `${Math.floor(1_000 / ms).toLocaleString('en')} a second on one core`
  // A tenth of the users asks at the same time: each asks once in 100 seconds and reads the answer for ten.
  const ofUsers = (users: number) => [
    `${users.toLocaleString('en')} users, of whom each asks once in 100 s and waits 10 s for the answer`,
    `${Math.round((users / 100) * toolMs) / 1_000} cores, ${Math.round(startedMiB + (users / 10) * eachMiB)} MiB`,
  ]
  return table([
    ['what', 'takes'],
    ['a turn without a model', `${directMs.toFixed(1)} ms of CPU: ${perSecond(directMs)}`],
    ['a Bedrock turn with a call of a tool', `${toolMs.toFixed(1)} ms of CPU: ${perSecond(toolMs)}`],
    ['the agent after its start', `${Math.round(startedMiB)} MiB`],
    ['1,000 open answers over TLS', `${Math.round(openMiB)} MiB`],
    ofUsers(100),
    ofUsers(1_000),
    ofUsers(10_000),
  ])
}

/** The names of the rows that sizes are taken from. */
export const whats = {
  directTurn: (atATime: number) => `CPU of a turn without a model, ${atATime} at a time`,
  toolTurn: (atATime: number) => `CPU of a Bedrock turn with a tool, ${atATime} at a time`,
  startedMemory: 'memory of the agent when ready, image',
  openMemory: 'memory with 1,000 open answers, image, Bedrock by TLS',
} as const

function table(rows: readonly (readonly (string | number)[])[]): string {
  const lines = rows.map(row => `| ${row.join(' | ')} |\n`)
  const rule = `|${' --- |'.repeat(rows[0]?.length ?? 0)}\n`
  return [lines[0], rule, ...lines.slice(1)].join('')
}

/** The ratio, and its quartiles. */
export function describeRatio({ ratio, lowerQuartile, upperQuartile }: Row): readonly [string, string] {
  return [short(ratio), `(${short(lowerQuartile)}–${short(upperQuartile)})`]
}

function inUnit(figure: number, { unit }: Row): string {
  const digits = figure < 1 ? 2 : 1
  return `${figure < 10 ? figure.toFixed(digits) : Math.round(figure)} ${unit}`
}

function short(ratio: number): string {
  return ratio < 10 ? ratio.toFixed(2) : String(Math.round(ratio))
}
