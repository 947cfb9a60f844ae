import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { isInstalled, type LanguageName, languageNames, makeCalls, type Outcome } from './languages.ts'
import { pageFile, parityPage } from './page.ts'
import {
  findBetter,
  findWorse,
  mergeOutcomes,
  noteSeen,
  type Result,
  readResults,
  writeResults,
} from './results.ts'
import { startTenant, type WitnessTenant } from './tenant.ts'

const usage = `npm run witnesses [-- [--write | --page] [--newest] [--tenant FILE] [LANGUAGE...]]

Makes the calls of unmodified clients in ${languageNames.join(', ')} (default: those that are on this machine) at the emulator, and fails if a call is
red that results.txt has as green.
  --write        notes the results in results.txt and docs/entra-emulator.md
  --page         only writes docs/entra-emulator.md from results.txt
  --newest       takes the newest clients in place of the pinned ones
  --tenant FILE  asks the real tenant that this JSON file describes; with --write, notes the day of each call that it answers as expected
`

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    write: { type: 'boolean', default: false },
    newest: { type: 'boolean', default: false },
    page: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
    tenant: { type: 'string' },
  },
})

if (values.help) process.stdout.write(usage)
else if (values.page) writePage()
else
  await main().catch((error: Error) => {
    process.stderr.write(`${error.message}\n`)
    process.exitCode = 1
  })

async function main(): Promise<void> {
  const languages = await chooseLanguages()
  const folder = mkdtempSync(join(tmpdir(), 'witnesses-'))
  const tenant = await describeTenant(folder)
  try {
    const outcomes: Outcome[] = []
    // One after the other, since some calls change the emulator’s clock or make it refuse.
    for (const language of languages)
      outcomes.push(...(await makeCalls(language, tenant, { isNewest: values.newest })))
    report(outcomes)
    judge(outcomes)
  } finally {
    await tenant.close()
    rmSync(folder, { recursive: true })
  }
}

/** The languages that were named, or else those that are here. */
async function chooseLanguages(): Promise<readonly LanguageName[]> {
  const wanted = languageNames.filter(name => positionals.length === 0 || positionals.includes(name))
  const there: LanguageName[] = []
  for (const name of wanted) if (await isInstalled(name)) there.push(name)
  const missing = positionals.filter(name => !there.some(one => one === name))
  if (missing.length > 0) {
    process.stderr.write(`Not on this machine: ${missing.join(', ')}.\n`)
    process.exit(1)
  }
  return there
}

async function describeTenant(folder: string): Promise<WitnessTenant> {
  if (values.tenant === undefined) return startTenant(folder)
  return { file: resolve(values.tenant), certificateFile: undefined, close: async () => {} }
}

/** Prints the calls that are not green, and a sum for each client. */
function report(outcomes: readonly Outcome[]): void {
  for (const { client, name, expected, got, result } of outcomes) {
    if (result !== 'ok') process.stdout.write(`${result} | ${client} | ${name} | ${expected} | ${got}\n`)
  }
  const rows = [...Map.groupBy(outcomes, ({ client }) => client), ['all clients', outcomes] as const]
  for (const [client, own] of rows) {
    const count = (wanted: Outcome['result']) => own.filter(({ result }) => result === wanted).length
    const [green, red, left] = [count('ok'), count('RED'), count('not possible')]
    const rest = left > 0 ? `, ${left} not possible` : ''
    process.stdout.write(`${client.padEnd(34)}${green} green, ${red} red${rest}\n`)
  }
}

/** Notes the results, or compares them with those that are noted. */
function judge(outcomes: readonly Outcome[]): void {
  const known = readResults()
  const isReal = values.tenant !== undefined
  if (values.write) {
    const day = new Date().toISOString().slice(0, 10)
    writeResults(isReal ? noteSeen(known, outcomes, day) : mergeOutcomes(known, outcomes))
    writePage()
  } else if (!isReal) compare(known, outcomes)
}

function compare(known: readonly Result[], outcomes: readonly Outcome[]): void {
  const [worse, better] = [findWorse(known, outcomes), findBetter(known, outcomes)]
  if (better.length > 0) process.stdout.write(`Are green, which --write would note:\n${better.join('\n')}\n`)
  if (worse.length === 0) return
  process.stdout.write(`Were green, and are not:\n${worse.join('\n')}\n`)
  process.exitCode = 1
}

function writePage(): void {
  writeFileSync(pageFile, parityPage(readResults()))
}
