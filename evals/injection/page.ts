import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Counts, type SuiteName, suiteNames } from './dojo.ts'
import type { Measured } from './measure.ts'
import { type Results, readings, readResults } from './results.ts'
import type { RungName } from './rungs.ts'

export const pageFile = join(import.meta.dirname, '../../docs/injection.md')

/** Each rung in words, and the rung of which tokens alone enforce the same. */
// biome-ignore format: table
const rows: readonly (readonly [rung: string, words: string, byTokens: string | undefined])[] = [
  ['a', 'the API key of a service', undefined],
  ['b', 'an identity of its own, with the rights of all its tools', undefined],
  ['c', 'on behalf of the user', undefined],
  ['b0', 'as itself, by default: no changes without a user', undefined],
  ['d1', 'two agents, a reader and an actor; the user chooses before the task', 'd1'],
  ['d2', '**an agent for each API that it changes**; the user chooses', 'd2'],
  ['d4', 'a token with the tools of this task only (a bound, not a set-up)', 'd4'],
  ['f', 'c, and a second factor for dangerous calls, without approval', 'f'],
  ['d2-f', 'd2 and f', 'd2-f'],
  ['e', '**c, and approval of each change; careful user**', undefined],
  ['e-title', 'e, but the user reads only the title', undefined],
  ['e-careless', 'e, but the user approves 10 % of what they did not ask for', undefined],
  ['d2-e', 'd2 and e, careful user', 'd2'],
  ['d2-e-title', 'd2 and e, title only', 'd2'],
  ['f-e-title', 'e and f, title only', 'f'],
  ['d2-f-e-title', 'd2, e and f, title only', 'd2-f'],
]

type Row = Pick<
  Counts | Measured,
  'pairs' | 'stopped' | 'tasks' | 'tasksDone' | 'approvals' | 'mostApprovals'
>

/** The sum of the suites, if all were measured. */
function sum(bySuite: Partial<Record<SuiteName, Row>> = {}): Required<Row> | undefined {
  const all = suiteNames.flatMap(suite => bySuite[suite] ?? [])
  if (all.length < suiteNames.length) return undefined
  const total = (key: keyof Row) => all.reduce((sum, row) => sum + (row[key] ?? 0), 0)
  return {
    pairs: total('pairs'),
    stopped: total('stopped'),
    tasks: total('tasks'),
    tasksDone: total('tasksDone'),
    approvals: total('approvals'),
    mostApprovals: Math.max(...all.map(row => row.mostApprovals ?? 0)),
  }
}

const percent = (part: number, all: number) => `${((100 * part) / all).toFixed(1)} %`
const stoppedOf = (row: Required<Row> | undefined) => (row ? percent(row.stopped, row.pairs) : '–')
const [v1, v1Reads, latest] = readings.map(readResults) as [Results, Results, Results]
const tableOf = (results: Results, rung: string) => sum(results.table[rung])
const agentOf = (results: Results, rung: string) => sum(results.agent[rung as RungName])

function mainTable(): string {
  const lines = rows.map(([rung, words, byTokens]) => {
    const [table, agent] = [tableOf(v1, rung), agentOf(v1, rung)]
    const cost = agent ?? table
    return [
      rung,
      words,
      stoppedOf(agent),
      stoppedOf(table),
      stoppedOf(agentOf(latest, rung)),
      stoppedOf(tableOf(latest, rung)),
      cost ? `${cost.tasksDone}/${cost.tasks}` : '–',
      cost ? `${(cost.approvals / cost.tasks).toFixed(2)}, ${cost.mostApprovals}` : '–',
      byTokens ? stoppedOf(tableOf(v1, byTokens)) : '0 %',
    ]
  })
  return toTable(
    [
      '',
      'what the agent has',
      'v1, real agent',
      'v1, table',
      'v1.2.2, real agent',
      'v1.2.2, table',
      'tasks done',
      'approvals per task, most',
      'agent taken over',
    ],
    lines,
  )
}

/** Suites without `get_webpage` were measured once. */
function agentIfWebpageReads(rung: string) {
  const [one, other] = [v1.agent[rung as RungName], v1Reads.agent[rung as RungName]]
  return other && sum({ ...one, ...other })
}

function suitesTable(): string {
  const lines = ['d2', 'e', 'e-title'].flatMap(rung => {
    const share = (counts?: Row) => (counts ? `${counts.stopped ?? 0}/${counts.pairs}` : '–')
    const agent = suiteNames.map(suite => share(v1.agent[rung as RungName]?.[suite]))
    const table = suiteNames.map(suite => share(v1.table[rung]?.[suite]))
    return [
      [`${rung}, real agent`, ...agent, stoppedOf(agentIfWebpageReads(rung))],
      [`${rung}, table`, ...table, stoppedOf(tableOf(v1Reads, rung))],
    ]
  })
  return toTable(['', ...suiteNames, 'all, `get_webpage` as a read'], lines)
}

function carelessTable(): string {
  const line = (rung: string) => {
    const bySuite = suiteNames.map(suite => v1.table[rung]?.[suite].careless ?? {})
    const pairs = tableOf(v1, rung)?.pairs ?? Number.NaN
    const share = (p: string, key: 'whole' | 'any') =>
      percent(
        bySuite.reduce((sum, careless) => sum + (careless[p]?.[key] ?? Number.NaN), 0),
        pairs,
      )
    return [rung, ...Object.keys(bySuite[0] ?? {}).map(p => `${share(p, 'whole')} / ${share(p, 'any')}`)]
  }
  const shares = Object.keys(v1.table['e']?.banking.careless ?? {})
  return toTable(['', ...shares.map(p => `${Number(p) * 100} %`)], ['e', 'd2-e'].map(line))
}

function toTable(heads: readonly string[], lines: readonly (readonly string[])[]): string {
  return [heads, heads.map(() => '---'), ...lines].map(cells => `| ${cells.join(' | ')} |`).join('\n')
}

/** What the README says too. */
export function claim(): string {
  const [d2, e, title] = ['d2', 'e', 'e-title'].map(rung => tableOf(v1, rung))
  if (!d2 || !e || !title) throw new Error('There is no table of v1.')
  const share = ({ stopped, pairs }: Required<Row>) => `${Math.round((100 * stopped) / pairs)} %`
  return `**With a model that obeys every injected instruction, on AgentDojo v1 (${e.pairs} pairs of task and attack), identity or on-behalf-of tokens alone stop none; an agent with the right to change one API only stops ${share(d2)} without asking anybody; asking the user about each exact change stops every injected change that the user denies: ${share(e)} of the attacks with a careful user, ${share(title)} with one who reads only the title, for ${(e.approvals / e.tasks).toFixed(1)} questions per task.**`
}

/** Reads that an attack makes on behalf of the user, whatever happens to its changes. */
function reads(): string {
  const e = v1.table['e'] ?? v1.table['c']
  const [some, pairs] = [
    suiteNames.reduce((sum, suite) => sum + (e?.[suite].readsForAttacker ?? 0), 0),
    tableOf(v1, 'e')?.pairs ?? 0,
  ]
  return `In ${some} of ${pairs} pairs (${percent(some, pairs)}) the attack read something by a call that no row but d4 refuses.`
}

const tables = { claim, reads, rungs: mainTable, suites: suitesTable, careless: carelessTable }

/** The page with the tables of the results that are checked in. */
export function fillPage(page: string): string {
  return page.replace(/(<!-- (\w+) -->\n).*?(<!-- end -->)/gs, (_whole, start, name, end) => {
    return `${start}${tables[name as keyof typeof tables]()}\n${end}`
  })
}

export const readPage = () => readFileSync(pageFile, 'utf8')
export const writePage = () => writeFileSync(pageFile, fillPage(readPage()))
