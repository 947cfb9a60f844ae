import { Mistake } from '../set-up/mistake.ts'
import { type Account, issuerOf, openAccount } from './account.ts'
import { readArguments, type Settings, usage } from './options.ts'
import { ReceiptFile } from './receipt.ts'
import { apply, destroy, plan, type Run, required, status } from './walks.ts'

/** What a command has of the world around it. */
export interface World {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly print: (line: string) => void
  /** Tells what went wrong, beside the result. */
  readonly say: (line: string) => void
  /** Asks for a yes. */
  readonly ask: (question: string) => Promise<boolean>
}

/** Runs `npm run aws -- …`; resolves to its exit code. */
export async function runAws(args: readonly string[], world: World): Promise<number> {
  try {
    const invocation = readArguments(args, world.env)
    if (invocation === undefined) {
      world.print(usage)
      return 0
    }
    const { command, isConfirmed, isDryRun, receiptPath } = invocation
    const receipt = new ReceiptFile(receiptPath)
    const asked = invocation.settings ?? required(receipt).settings
    const account = await openAccount(asked.region)
    const settings = await settle(account, asked)
    refuseOther(account, settings, receipt)
    const run: Run = { account, receipt, print: world.print }
    switch (command) {
      case 'plan':
        await plan(run, settings)
        return 0
      case 'apply':
        await apply(run, settings)
        return 0
      case 'status':
        return (await status(run)) ? 0 : 3
      case 'destroy': {
        const confirm = async () =>
          isConfirmed || world.ask(`Delete all of this from account ${run.account.id}?`)
        return (await destroy(run, { isDryRun, confirm })) ? 0 : 1
      }
    }
  } catch (error) {
    if (error instanceof Mistake) {
      world.say(`${error.message}\n  Fix: ${error.fix}`)
      return 2
    }
    world.say(explain(error))
    return 1
  }
}

/** The issuer of a cluster that was named is kept: it is needed when the cluster is gone. */
async function settle(account: Account, settings: Settings): Promise<Settings> {
  const { way, issuer, cluster } = settings
  if (way === 'podIdentity' || issuer !== undefined || cluster === undefined) return settings
  return { ...settings, issuer: await issuerOf(account, cluster) }
}

/** @throws {Mistake} when the receipt is of another account, role or cluster. */
function refuseOther({ id }: Account, settings: Settings, { content, path }: ReceiptFile): void {
  if (content === undefined) return
  if (content.account !== id)
    throw new Mistake(
      `${path} is of the account ${content.account}, and these credentials are of ${id}.`,
      'Use credentials of that account, or another receipt with --receipt.',
    )
  const always = ['roleName', 'way', 'issuer', 'cluster'] as const
  // An association is found by these.
  const ofAssociation = ['region', 'namespace', 'serviceAccount'] as const
  const fixed = settings.way === 'podIdentity' ? [...always, ...ofAssociation] : always
  if (fixed.some(name => content.settings[name] !== settings[name]))
    throw new Mistake(
      `${path} is of another role, cluster or service account.`,
      'Use a receipt of its own for each with --receipt, or destroy the former first.',
    )
}

/** What AWS or the way there says. */
function explain(error: unknown): string {
  if (!(error instanceof Error)) throw error
  const { name, message } = error
  const fix =
    name === 'CredentialsProviderError' || name === 'ExpiredTokenException'
      ? 'Sign in (aws sso login), or set AWS_PROFILE.'
      : /AccessDenied/.test(name)
        ? 'Let somebody run it who may manage IAM roles, policies and OIDC providers (and call bedrock:GetInferenceProfile).'
        : 'Run the same command again: it goes on where it stopped.'
  return `Failed: ${message} (${name})\n  Fix: ${fix}`
}
