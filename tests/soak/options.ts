import { parseArgs } from 'node:util'
import { faults } from './faults.ts'

const usage = `npm run soak -- [options]

  --minutes <n>   how long; default: 4
  --seed <n>      decides the order of the faults; default: 1
  --only <text>   of the faults only those with this in their name
  --out <folder>  where report.md and run.json go; default: soak-report
  --help          this text`

/** Reads the command line; ends the process if it is wrong. */
export function readOptions() {
  try {
    const { values } = parseArgs({
      options: {
        minutes: { type: 'string', default: '4' },
        seed: { type: 'string', default: '1' },
        only: { type: 'string', default: '' },
        out: { type: 'string', default: 'soak-report' },
        help: { type: 'boolean', default: false },
      },
    })
    if (values.help) {
      console.log(usage)
      process.exit()
    }
    const { minutes, seed } = { minutes: Number(values.minutes), seed: Number(values.seed) }
    if (!(minutes > 0)) throw new Error(`--minutes must be a positive number; it is "${values.minutes}".`)
    if (!Number.isInteger(seed)) throw new Error(`--seed must be a whole number; it is "${values.seed}".`)
    const chosen = faults.filter(({ name }) => name.includes(values.only))
    if (chosen.length === 0) throw new Error(`No fault has "${values.only}" in its name.`)
    return { ...values, minutes, seed, chosen }
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${usage}`)
    process.exit(2)
  }
}
