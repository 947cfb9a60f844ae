import { readFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { isConfigurationError, OnDemand, type ProblemError, type Variables } from '@entra-agents/service-kit'
import { type Branch, flatten, type Mark } from '../entra/blast-radius/branch.ts'
import { readEntra } from '../entra/blast-radius/entra.ts'
import { prepare, type World } from '../entra/command.ts'
import { readArguments } from '../entra/options.ts'
import { type Run, requireReceipt } from '../entra/run.ts'
import { survey } from '../entra/survey.ts'
import { Mistake } from '../set-up/mistake.ts'
import { StepFailed } from '../set-up/step-failed.ts'
import { checkAgentPolicies, checkNotBlocked } from './agent-policies.ts'
import { checkContext } from './contexts.ts'
import type { Check } from './finding.ts'
import { trouble } from './problems.ts'
import { authenticationContexts } from './waiting-tools.ts'

export interface TenantOptions {
  readonly env: Variables
  /** Path of the receipt of `agentctl entra`. */
  readonly receipt: string
  /** File with a token for Microsoft Graph. */
  readonly tokenFile: string
  /** Authentication contexts that APIs may ask users to prove, such as `c1`. Default: those of `env`. */
  readonly contexts?: readonly string[] | undefined
}

/** Waits less long for Graph than the set-up does. */
const fetchSoon: typeof fetch = (url, request) =>
  fetch(url, { ...request, signal: AbortSignal.timeout(6_000) })

/** The checks of the tenant that the receipt names. If they cannot be made (no receipt), one check that says why. */
export async function readChecks(options: TenantOptions): Promise<readonly Check[]> {
  const { env, receipt, tokenFile, contexts = contextsOf(env) } = options
  const nothing = () => undefined
  const clock = { enteredMs: 0, nowMs: Date.now, wait: (ms: number) => delay(ms) }
  const world: World = { env, fetch: fetchSoon, clock, print: nothing, say: nothing, ask: async () => false }
  try {
    const files = ['--receipt', receipt, '--access-token-file', tokenFile, '--wait', '1']
    return tenantChecks(await prepare(readArguments(['status', ...files]), world), contexts)
  } catch (error) {
    return [check('Entra set-up', () => Promise.reject(error))]
  }
}

/**
 * Compares the tenant with what the set-up made. Reports what is missing (also user accounts and consents), and what nobody
 * asked for: access to the blueprint, and rights of the blueprint and the agents. Only reads, with the run's Graph client.
 */
function tenantChecks(run: Run, contexts: readonly string[]): readonly Check[] {
  const { settings } = requireReceipt(run)
  const radius = new OnDemand(() => readEntra(run))
  const agents = settings.agents.map(name => `agent identity "${name}"`)
  const isOwn = ({ title }: Branch) => agents.includes(title)
  return [
    check('Entra set-up', () => checkSetUp(run)),
    ...contexts.map(context => check(`authentication context ${context}`, () => checkContext(run, context))),
    check('Conditional Access for agents', () => checkAgentPolicies(run)),
    ...settings.agents.map(name =>
      check(`Conditional Access for agent identity "${name}"`, () => checkNotBlocked(run, name)),
    ),
    check('secret of the blueprint', async () => checkNoStoredSecret((await radius.get()).who)),
    check('access to the blueprint', async () => {
      const { who, what } = await radius.get()
      return judgeBranches('the blueprint', [...who, ...what.filter(one => !isOwn(one))])
    }),
    ...agents.map(agent =>
      check(`rights of ${agent}`, async () => {
        const { what } = await radius.get()
        return judgeBranches(agent, what.find(({ title }) => title === agent)?.branches ?? [])
      }),
    ),
  ]
}

/** The authentication contexts that APIs of this configuration may ask users to prove. */
function contextsOf({ ALERTS_AUTH_CONTEXT, MCP_CONFIG }: Variables): readonly string[] {
  try {
    return authenticationContexts(
      ALERTS_AUTH_CONTEXT,
      MCP_CONFIG ? readFileSync(MCP_CONFIG, 'utf8') : undefined,
    )
  } catch {
    // The doctor's check of the configuration reports what is wrong with the file.
    return authenticationContexts(ALERTS_AUTH_CONTEXT)
  }
}

/** Makes a check that only warns if it cannot read from Graph what it compares: the tenant may still be right. */
function check(name: string, look: Check['run']): Check {
  return { name, run: () => look().catch(error => Promise.reject(toWarning(error))) }
}

/** An error of the set-up’s code as a warning; any other error stays what it is. */
function toWarning(error: unknown): unknown {
  if (isConfigurationError(error)) return trouble('NOT_CHECKED', error.message)
  if (error instanceof Mistake) return trouble('NOT_CHECKED', error.message, error.fix)
  return error instanceof StepFailed
    ? trouble('NOT_CHECKED', `${error.message}: ${error.cause}`, error.fix)
    : error
}

async function checkSetUp(run: Run): Promise<string> {
  const findings = await survey(run, requireReceipt(run))
  const wrong = findings.filter(
    ({ object, isHidden, fault, differences, switched }) =>
      (!object && !isHidden) || fault || differences.length + switched.length > 0,
  )
  if (wrong.length > 0)
    throw trouble(
      'ENTRA_SET_UP_DIFFERS',
      `Not as the receipt says: ${firstFew(wrong.map(one => one.wanted.title))}.`,
    )
  return `All ${findings.length} things that the set-up made are there.`
}

function checkNoStoredSecret(who: readonly Branch[]): string | ProblemError {
  const credentials = flatten(who.filter(({ title }) => title === 'credentials')).map(({ title }) => title)
  const secrets = credentials.filter(title => /^(client secret|certificate) /.test(title))
  const isFederated = credentials.some(title => title.startsWith('federated credential '))
  return isFederated && secrets.length > 0
    ? trouble('SECRET_STORED', `The blueprint is federated and still has ${firstFew(secrets)}.`, secretHint)
    : 'The blueprint has no secret beside a federated credential.'
}

const secretHint =
  'npx --no-install agentctl entra apply --no-client-secret takes away that of the set-up; others the Entra admin center.'

function judgeBranches(whose: string, branches: readonly Branch[]): string | ProblemError {
  const ways = (mark: Mark) => flatten(branches).flatMap(one => (one.mark === mark ? [one.way] : []))
  const [surplus, faults, unread] = [ways('surplus'), ways('fault'), ways('unread')]
  if (surplus.length > 0)
    throw trouble('ENTRA_ACCESS_ADDED', `Nobody asked for this of ${whose}: ${firstFew(surplus)}.`)
  if (faults.length > 0) throw trouble('SPONSOR_MISSING', `${whose}: ${firstFew(faults)}.`)
  if (unread.length > 0) return trouble('NOT_CHECKED', `Graph does not show: ${firstFew(unread)}.`, tokenHint)
  return `Nothing but what the set-up gives ${whose}.`
}

const tokenHint =
  'Ask with a token that has RoleManagement.Read.Directory, EntitlementManagement.Read.All and PrivilegedEligibilitySchedule.Read.AzureADGroup; sponsors of agents take that of an application.'

/** The first few of these things, and how many more there are. */
function firstFew(things: readonly string[]): string {
  const few = things.slice(0, 5).join('; ')
  return things.length > 5 ? `${few}; and ${things.length - 5} more` : few
}
