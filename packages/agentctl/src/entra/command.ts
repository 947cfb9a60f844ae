import { readEnvironment, type Variables } from '@entra-agents/service-kit'
import { reviewPermissions } from '@entra-agents/trace'
import { Mistake } from '../set-up/mistake.ts'
import type { Output } from '../set-up/program.ts'
import { visibly } from '../set-up/visible.ts'
import { adopt } from './adopt.ts'
import { apply } from './apply.ts'
import { type CloudReaders, printBlastRadius } from './blast-radius/blast-radius.ts'
import { destroy } from './destroy.ts'
import { readVariables } from './env-file.ts'
import { Graph, GraphRefusal, type SendRequest } from './graph.ts'
import { disable } from './kill-switch/disable.ts'
import { enable } from './kill-switch/enable.ts'
import { lockReceipt } from './lock.ts'
import { permissionsFor } from './objects/kinds.ts'
import type { Invocation } from './options.ts'
import type { Clock } from './patience.ts'
import { plan } from './plan.ts'
import { ReceiptFile } from './receipt.ts'
import { findUser, inStep, type Run } from './run.ts'
import { agentsWith, changeSettings, type Settings } from './settings.ts'
import { azureCredentials, SignIn, tokenFromFile } from './sign-in.ts'
import { status } from './status.ts'
import { type Entry, writeEntry } from './text.ts'
import { printWhatIf, whatIfPermissions } from './what-if.ts'

/** What a command uses from its environment. */
export interface World extends CloudReaders, Output {
  readonly env: Variables
  readonly fetch: SendRequest
  readonly clock: Clock
  readonly ask: (question: string) => Promise<boolean>
}

/** Runs a command; resolves to its exit code. */
export async function perform(invocation: Invocation, given: World): Promise<number> {
  const world = { ...given, print: visibly(given.print), say: visibly(given.say) }
  const run = await prepare(invocation, world)
  const code = await carryOut(invocation, run, world)
  const { command, json } = invocation
  const { tenantId, results } = run
  // What these two print has a form of its own.
  if (json && command !== 'blast-radius' && command !== 'what-if')
    world.print(JSON.stringify({ version: 1, command, tenantId, results }, undefined, 2))
  return code
}

async function carryOut(invocation: Invocation, run: Run, world: World): Promise<number> {
  const { command, yes, adopt: setUpId } = invocation
  const ask = async (question: string) => yes ?? world.ask(question)
  using _lock = isWriting(invocation) ? lockReceipt(run.receipt.path, run.clock.nowMs()) : undefined
  if (setUpId !== undefined)
    await adopt(run, setUpId, invocation, () => ask('Take all of this over as what was asked for?'))
  switch (command) {
    case 'plan':
      await plan(run, await wantedSettings(run, invocation))
      return 0
    case 'apply':
      await apply(run, await wantedSettings(run, invocation), invocation)
      return 0
    case 'status':
      return (await status(run)) ? 0 : 3
    case 'blast-radius':
      return (await printBlastRadius(run, invocation, world)) ? 0 : 3
    case 'what-if':
      await printWhatIf(run, invocation, world)
      return 0
    case 'disable':
      return (await disable(run, invocation)) ? 0 : 1
    case 'enable':
      return (await enable(run, invocation)) ? 0 : 1
    case 'destroy': {
      const confirm = () => ask(`Delete all of this from tenant ${run.tenantId}?`)
      return (await destroy(run, invocation, confirm)) ? 0 : 1
    }
  }
}

/** Whether the command has the receipt to itself. `disable` and `enable` wait for no other run: they note what they did only. */
function isWriting({ command, adopt: setUpId, dryRun }: Invocation): boolean {
  return setUpId !== undefined || command === 'apply' || (command === 'destroy' && !dryRun)
}

/** What a command works with. @throws {Mistake} or {ConfigurationError} when something is missing or does not fit together. */
export async function prepare(invocation: Invocation, world: World): Promise<Run> {
  const { dotenv: envFile, agentsConfig: agentsFile, wait: waitSeconds, accessTokenFile } = invocation
  const receipt = new ReceiptFile(invocation.receipt, invocation.adopt)
  const target = readTarget(invocation, world, receipt)
  const { tenantId, graphUrl } = target
  const { command, settings } = invocation
  const setUpPermissions = permissionsFor(settings, receipt.content?.settings)
  const reviewed = command === 'blast-radius' ? reviewPermissions : []
  const permissions = command === 'what-if' ? whatIfPermissions : [...setUpPermissions, ...reviewed]
  const { say, clock } = world
  const credentials = accessTokenFile
    ? [tokenFromFile(accessTokenFile)]
    : await azureCredentials(invocation, target, permissions, say)
  const graph = new Graph(graphUrl, new SignIn(tenantId, credentials, say), world.fetch)
  const print = invocation.json ? say : world.print
  const results: Entry[] = []
  const report = (entry: Entry) => {
    results.push(entry)
    if (!invocation.json) print(writeEntry(entry))
  }
  const files = { receipt, envFile, agentsFile }
  return { graph, tenantId, ...files, waitSeconds, say, print, results, report, clock }
}

function readTarget({ tenant, dotenv: envFile }: Invocation, { env }: World, { path, content }: ReceiptFile) {
  const variables = { ...readVariables(envFile), ...env }
  const TENANT_ID = tenant ?? (variables['TENANT_ID'] || content?.tenantId)
  if (!TENANT_ID)
    throw new Mistake(
      'It is not said which tenant is meant.',
      `Set TENANT_ID in ${envFile}, or name it with --tenant.`,
    )
  const target = readEnvironment({ ...variables, TENANT_ID }, reader => ({
    tenantId: reader.guid('TENANT_ID'),
    graphUrl: reader.secureUrl('GRAPH_URL', 'https://graph.microsoft.com'),
    authority: reader.secureUrl('ENTRA_AUTHORITY', 'https://login.microsoftonline.com'),
  }))
  if (content && content.tenantId !== target.tenantId)
    throw new Mistake(
      `${path} is for the tenant ${content.tenantId}, and this run is for ${target.tenantId}.`,
      'Name the receipt of this tenant, or a new file, with --receipt.',
    )
  return target
}

/** The settings of the receipt as this command changes them, with users by object id. */
async function wantedSettings(run: Run, { settings, removal }: Invocation): Promise<Settings> {
  const { settings: before, earlier } = run.receipt.content ?? {}
  const sponsors = settings.sponsors ?? (before ? undefined : ['me'])
  const changed = {
    ...settings,
    ...(sponsors ? { sponsors: await findUsers(run, sponsors) } : {}),
    ...(settings.owners ? { owners: await findUsers(run, settings.owners) } : {}),
  }
  const settled = changeSettings(before, changed, removal, earlier)
  if (settled.agents.length === 0)
    throw new Mistake(
      'No agent would be left.',
      'Keep one, or take everything away: npx --no-install agentctl entra destroy',
    )
  const isDomainKnown =
    settled.agentUserDomain !== undefined || agentsWith(settled, 'agent-user').length === 0
  return isDomainKnown ? settled : { ...settled, agentUserDomain: await findDomain(run, settled) }
}

/** A verified domain of the tenant: the one in a sponsor’s user name. */
async function findDomain(run: Run, { sponsors: [sponsor = ''] }: Settings): Promise<string> {
  const { userPrincipalName } = (await findUser(run, sponsor)) ?? {}
  const [, domain] = /@([^@]+)$/.exec(String(userPrincipalName)) ?? []
  if (domain !== undefined) return domain
  throw new Mistake(
    'The domain of the agents’ user accounts is not known, since no sponsor’s user name tells it.',
    'Name a verified domain of the tenant: --agent-user-domain <domain>',
  )
}

async function findUsers(run: Run, names: readonly string[]): Promise<readonly string[]> {
  return Promise.all(
    names.map(async name => {
      if (name === 'me') return findMe(run)
      const user = await findUser(run, name)
      if (user) return String(user['id'])
      throw new Mistake(`The tenant has no user "${name}".`, 'Name one by user name or object id.')
    }),
  )
}

async function findMe(run: Run): Promise<string> {
  const access = { POST: { permission: 'User.Read' } }
  return inStep(run, { title: 'signed-in user, as sponsor', access }, async () => {
    try {
      return String((await run.graph.read('/me'))?.['id'])
    } catch (error) {
      if (!(error instanceof GraphRefusal && error.status === 400)) throw error
      throw new Mistake(
        'An application is signed in, which can be no sponsor.',
        'Name a user: --sponsor <user>',
      )
    }
  })
}
