/**
 * `npm run doctor`: what is wrong, and what to do. Reads .env and the environment, changes nothing, and exits with 1 when a check
 * failed. The checks cost about ten tokens of Bedrock.
 */
import { existsSync, readFileSync } from 'node:fs'
import { loadEnvFile } from 'node:process'
import { parseArgs } from 'node:util'
import { examineCluster } from './doctor/kube/kube.ts'
import { examineLaptop } from './doctor/laptop.ts'
import { writeReport } from './doctor/report.ts'

const usage = `npm run doctor -- [options]

  --user-token-file <file>  a user's token for the blueprint, to check acting on behalf of users; - reads standard input
  --page <origin>           where browsers find the page; default: http://localhost:<PORT>
  --kube                    a release of the chart, through kubectl, in place of this machine
  --namespace <name>        its namespace; default: that of kubectl's context
  --release <name>          its name; default: the only one there
  --json                    the findings as JSON
  --help                    this text`

const { values: options } = parseArgs({
  options: {
    'user-token-file': { type: 'string' },
    page: { type: 'string' },
    kube: { type: 'boolean', default: false },
    namespace: { type: 'string' },
    release: { type: 'string' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})

/** Of `npm run entra` and `npm run aws`, where they ran here. */
const receipts = { entra: '.entra-receipt.json', aws: '.aws-receipt.json' }

if (options.help) {
  console.log(usage)
} else {
  if (existsSync('.env')) loadEnvFile('.env')
  const { page, namespace, release } = options
  const userToken = readUserToken(options['user-token-file'])
  const findings = options.kube
    ? await examineCluster({ namespace, release, page, userToken, receipts })
    : await examineLaptop(process.env, { page, userToken })
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
