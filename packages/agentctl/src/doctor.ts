import { existsSync, readFileSync } from 'node:fs'
import { loopbackHosts, type Variables } from '@entra-agents/service-kit'
import { demoChecks } from './doctor/demo.ts'
import { readDotenv } from './doctor/dotenv.ts'
import { type Check, examine, type Finding, type Watch } from './doctor/finding.ts'
import type { LaptopOptions } from './doctor/laptop.ts'
import { showProgress, writeReport } from './doctor/report.ts'
import { Mistake } from './set-up/mistake.ts'
import { useProxy } from './set-up/proxy.ts'
import { readToken } from './set-up/token.ts'
import { visible } from './set-up/visible.ts'

interface DoctorOptions {
  readonly userTokenFile?: string
  readonly graphTokenFile?: string
  readonly page?: string
  readonly mcp?: string
  readonly client?: string
  readonly kube?: true
  readonly namespace?: string
  readonly release?: string
  readonly json?: true
}

const receiptPath = '.entra-receipt.json'

/**
 * `agentctl doctor`: reports what is wrong and what to do about it. It reads .env and the environment and changes nothing; its
 * checks cost about ten tokens of Bedrock. Of an MCP server it needs nothing but the address. Resolves to the exit code.
 */
export async function examineAll(options: DoctorOptions): Promise<number> {
  const { namespace, release, graphTokenFile, client } = options
  const url = readServer(options.mcp)
  const page = readOrigin(options.page)
  const userToken = readUserToken(options.userTokenFile)
  const { env, checks } = readDotenv('.env', process.env)
  // The AWS SDK and kubectl read the variables of the process.
  Object.assign(process.env, env)
  await useProxy()
  const kube = options.kube ? await import('./doctor/kube/kube.ts') : undefined
  const watch = options.json ? undefined : showProgress
  const cluster = { namespace, release, page, userToken, receipt: receiptPath, watch }
  const found = url
    ? (await import('./doctor/mcp/mcp.ts')).examineMcp(
        { url, client, authority: env['ENTRA_AUTHORITY'] },
        watch,
      )
    : (kube?.examineCluster(cluster) ?? examineHere(env, checks, { page, userToken, watch }))
  const tenant = graphTokenFile ? examineTenant(env, graphTokenFile, kube?.readContexts(cluster), watch) : []
  const findings = (await Promise.all([found, tenant])).flat()
  const failed = findings.some(({ status }) => status === 'FAIL')
  const report = options.json
    ? visible(JSON.stringify({ status: failed ? 'FAIL' : 'PASS', findings }, undefined, 2), ['\n'])
    : writeReport(findings)
  await new Promise(written => process.stdout.write(`${report}\n`, written))
  return failed ? 1 : 0
}

/**
 * If `.env` has a fault, reports only that fault: without the file's variables, all other checks would fail too. Where no tenant
 * is configured, but the demo runs, looks at the demo, which needs no `.env`.
 */
async function examineHere(
  env: Variables,
  dotenv: readonly Check[],
  options: LaptopOptions,
): Promise<readonly Finding[]> {
  const demo = await demoChecks(env)
  if (demo.length > 0) return examine(existsSync('.env') ? [...dotenv, ...demo] : demo)
  const first = await examine(dotenv)
  if (first.some(({ status }) => status === 'FAIL')) return first
  const { examineLaptop } = await import('./doctor/laptop.ts')
  return [...first, ...(await examineLaptop(env, options))]
}

/** Checks the objects that the set-up made in the tenant, and reports access and rights that nobody asked for. */
async function examineTenant(
  env: Variables,
  tokenFile: string,
  ofRelease: Promise<readonly string[]> | undefined,
  watch: Watch | undefined,
): Promise<readonly Finding[]> {
  const contexts = await ofRelease
  const { readChecks } = await import('./doctor/tenant.ts')
  const checks = await readChecks({ env, receipt: receiptPath, tokenFile, contexts })
  // A large tenant takes its time.
  return examine(checks, { watch, limitMs: 600_000 })
}

/** The URL of an MCP server. The mistake does not repeat it: it may have a password. */
function readServer(text: string | undefined): string | undefined {
  if (text === undefined) return undefined
  const { protocol, hostname = '', username, href } = URL.parse(text) ?? {}
  const isSafe = protocol === 'https:' || (protocol === 'http:' && loopbackHosts.includes(hostname))
  if (isSafe && !username) return href
  throw new Mistake(
    '--mcp must be the https URL of a server: by http, whoever is in between reads tokens.',
    'Write it as clients have it: https://<host>/mcp, on this machine http://localhost:<port>/mcp',
  )
}

function readOrigin(page: string | undefined): string | undefined {
  if (page === undefined) return undefined
  const origin = URL.parse(page)?.origin
  if (origin) return origin
  throw new Mistake(`--page must be an origin; it is "${page}".`, 'Write it in full: https://<host>')
}

/** The token comes from a file, since other users of this machine could read an argument. */
function readUserToken(file: string | undefined): string | undefined {
  try {
    return file === undefined ? undefined : readToken(readFileSync(file === '-' ? 0 : file, 'utf8'))
  } catch (error) {
    throw new Mistake(
      `--user-token-file: ${(error as Error).message}`,
      'Name a file that you may read, or -.',
    )
  }
}
