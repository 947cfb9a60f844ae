/**
 * `agentctl doctor`: reports what is wrong and what to do about it. It reads .env and the environment and changes nothing; its
 * checks cost about ten tokens of Bedrock. Exit codes: 0 no check failed · 1 a check failed · 2 wrong usage. The checks are
 * loaded only after the options were read.
 */

import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import type { Variables } from '@entra-bedrock-agent/service-kit'
import { demoChecks } from './doctor/demo.ts'
import { readDotenv } from './doctor/dotenv.ts'
import { type Check, examine, type Finding } from './doctor/finding.ts'
import type { LaptopOptions } from './doctor/laptop.ts'
import { writeReport } from './doctor/report.ts'
import './set-up/proxy.ts'
import { readToken } from './set-up/token.ts'

const usage = `npx --no-install agentctl doctor [options]

  --user-token-file <file>  a user's token for the blueprint, to check acting on behalf of users; - reads standard input
  --graph-token-file <file>  a token for Microsoft Graph, to compare the tenant with the receipt of agentctl entra
  --page <origin>           where browsers find the page; default: http://localhost:<PORT>, or the host of the Ingress
  --kube                    a release of the chart, through kubectl, in place of this machine
  --namespace <name>        its namespace; default: that of kubectl's context
  --release <name>          its name; default: the only one there
  --json                    the findings as JSON
  --help                    this text`

const receiptPath = '.entra-receipt.json'

const options = readOptions()
if (options.help) {
  console.log(usage)
} else {
  const { page, namespace, release, userToken, graphTokenFile } = options
  const { env, check } = readDotenv('.env', process.env)
  // The AWS SDK and kubectl read the variables of the process.
  Object.assign(process.env, env)
  const kube = options.kube ? await import('./doctor/kube/kube.ts') : undefined
  const cluster = { namespace, release, page, userToken, receipt: receiptPath }
  const found = kube ? await kube.examineCluster(cluster) : await examineHere(env, check, { page, userToken })
  const tenantEnv = async () =>
    kube
      ? { ...env, ALERTS_AUTH_CONTEXT: await kube.readAuthenticationContexts(cluster), MCP_CONFIG: undefined }
      : env
  const findings = graphTokenFile
    ? [...found, ...(await examineTenant(await tenantEnv(), graphTokenFile))]
    : found
  const failed = findings.some(({ status }) => status === 'FAIL')
  console.log(
    options.json
      ? JSON.stringify({ status: failed ? 'FAIL' : 'PASS', findings }, undefined, 2)
      : writeReport(findings),
  )
  process.exitCode = failed ? 1 : 0
}

/**
 * If `.env` has a fault, reports only that fault: without the file's variables, all other checks would fail too. Where no tenant
 * is configured, but the demo runs, looks at the demo.
 */
async function examineHere(
  env: Variables,
  dotenv: Check | undefined,
  options: LaptopOptions,
): Promise<readonly Finding[]> {
  const first = await examine(dotenv ? [dotenv] : [])
  if (first.some(({ status }) => status === 'FAIL')) return first
  const demo = await demoChecks(env)
  if (demo.length > 0) return [...first, ...(await examine(demo))]
  const { examineLaptop } = await import('./doctor/laptop.ts')
  return [...first, ...(await examineLaptop(env, options))]
}

/** Checks the objects that the set-up made in the tenant, and reports access and rights that nobody asked for. */
async function examineTenant(env: Variables, tokenFile: string): Promise<readonly Finding[]> {
  const { readChecks } = await import('./doctor/tenant.ts')
  return examine(await readChecks({ env, receipt: receiptPath, tokenFile }))
}

function readOptions() {
  try {
    const { values } = parseArgs({
      options: {
        'user-token-file': { type: 'string' },
        'graph-token-file': { type: 'string' },
        page: { type: 'string' },
        kube: { type: 'boolean', default: false },
        namespace: { type: 'string' },
        release: { type: 'string' },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    })
    const { 'user-token-file': file, page } = values
    if (page !== undefined && !URL.canParse(page))
      throw new Error(`--page must be an origin; it is "${page}".`)
    // The token comes from a file, since other users of this machine could read an argument.
    const userToken =
      file === undefined ? undefined : readToken(readFileSync(file === '-' ? 0 : file, 'utf8'))
    return {
      ...values,
      userToken,
      graphTokenFile: values['graph-token-file'],
      page: page && new URL(page).origin,
    }
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${usage}`)
    process.exit(2)
  }
}
