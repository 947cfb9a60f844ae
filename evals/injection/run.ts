import { parseArgs } from 'node:util'
import { makeTable, type Reading, type SuiteName, suiteNames } from './dojo.ts'
import { type Measured, measure } from './measure.ts'
import { readings, readResults, writeResults } from './results.ts'
import { type RungName, rungs } from './rungs.ts'

/** Usage: run.ts [--full] [--suites a,b] [--rungs a,b] [--pairs task,task:attack], of v1; --full also measures the other readings. */
const { values } = parseArgs({
  options: {
    full: { type: 'boolean', default: false },
    suites: { type: 'string' },
    rungs: { type: 'string' },
    pairs: { type: 'string' },
  },
})
const suites = (values.suites?.split(',') ?? suiteNames) as SuiteName[]
const chosenRungs = (values.rungs?.split(',') ??
  (values.full ? Object.keys(rungs) : ['c', 'd2', 'e'])) as RungName[]
const pairs = values.pairs?.split(',')
const say = (line: string) => void process.stdout.write(`${line}\n`)

async function measureSuite(suite: SuiteName, reading: Reading): Promise<void> {
  const started = performance.now()
  const report = (rung: RungName, { pairs, stopped, tasks, tasksDone }: Measured) =>
    say(
      `${reading.version} ${rung} ${suite}: ${stopped} of ${pairs} stopped, ${tasksDone} of ${tasks} tasks done`,
    )
  const choice = { suite, reading, rungs: chosenRungs, pairs, report }
  const measured = await measure(pairs ? { ...choice, say } : choice)
  say(`${reading.version} ${suite}: ${Math.round((performance.now() - started) / 1_000)} s`)
  if (pairs) return
  const { table, agent } = readResults(reading)
  const merged = Object.entries(measured).map(([rung, counts]) => [
    rung,
    { ...agent[rung as RungName], [suite]: counts },
  ])
  writeResults(reading, { table, agent: { ...agent, ...Object.fromEntries(merged) } })
}

for (const reading of values.full ? readings : readings.slice(0, 1)) {
  if (!values.suites && !values.rungs && !pairs)
    writeResults(reading, { ...readResults(reading), table: await makeTable(reading) })
  // Only Slack's suite has the tool that is read one way or the other.
  const differing = reading.webpage === 'reads' ? suites.filter(suite => suite === 'slack') : suites
  await Promise.all(differing.map(suite => measureSuite(suite, reading)))
}
// Loaded only now, since it reads the results when it is loaded.
const { writePage } = await import('./page.ts')
writePage()
