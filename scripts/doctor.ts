/**
 * `npm run doctor`: what is wrong, and what to do. Reads .env and the environment, changes nothing, and exits with 1 when a check
 * failed. The checks cost about ten tokens of Bedrock.
 */
import { existsSync, readFileSync } from 'node:fs'
import { loadEnvFile } from 'node:process'
import { parseArgs } from 'node:util'
import { examineLaptop } from './doctor/laptop.ts'
import { writeReport } from './doctor/report.ts'

const usage = `npm run doctor -- [options]

  --user-token-file <file>  a user's token for the blueprint, to check acting on behalf of users; - reads standard input
  --page <origin>           where browsers find the page; default: http://localhost:<PORT>
  --json                    the findings as JSON
  --help                    this text`

const { values: options } = parseArgs({
  options: {
    'user-token-file': { type: 'string' },
    page: { type: 'string' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})

if (options.help) {
  console.log(usage)
} else {
  if (existsSync('.env')) loadEnvFile('.env')
  const findings = await examineLaptop(process.env, {
    userToken: readUserToken(options['user-token-file']),
    page: options.page,
  })
  const failed = findings.some(({ status }) => status === 'FAIL')
  console.log(
    options.json
      ? JSON.stringify({ status: failed ? 'FAIL' : 'PASS', findings }, undefined, 2)
      : writeReport(findings, { colour: process.stdout.isTTY === true }),
  )
  process.exitCode = failed ? 1 : 0
}

/** Not as an argument: others on this machine could read it. */
function readUserToken(file: string | undefined): string | undefined {
  return file === undefined ? undefined : readFileSync(file === '-' ? 0 : file, 'utf8').trim()
}
