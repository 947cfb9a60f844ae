import { isDeepStrictEqual } from 'node:util'
import { Mistake } from '../set-up/mistake.ts'
import { type Account, ifThere, isMissing } from './account.ts'
import type { Settings } from './options.ts'
import type { Receipt, ReceiptFile } from './receipt.ts'
import { listResources, type Resource, roleArn } from './resources.ts'

/** What every command works with. */
export interface Run {
  readonly account: Account
  readonly receipt: ReceiptFile
  readonly print: (line: string) => void
}

type State = 'missing' | 'differs' | 'as wanted'

async function look({ find, desired }: Resource) {
  const found = await find()
  const wanted = await desired()
  const state: State =
    found === undefined ? 'missing' : isDeepStrictEqual(found, wanted) ? 'as wanted' : 'differs'
  return { state, wanted }
}

/** Shows what apply would do. */
export async function plan({ account, receipt, print }: Run, settings: Settings): Promise<void> {
  const words = { missing: 'create', differs: 'correct', 'as wanted': 'keep' }
  for (const resource of listResources(account, settings)) {
    const { state } = await look(resource)
    refuseForeign(resource, state, receipt)
    print(line(words[state], resource))
  }
}

/** Makes what is missing and corrects what differs; says how to go on. */
export async function apply(run: Run, settings: Settings): Promise<void> {
  const { account, receipt, print } = run
  const before = receipt.content
  const made = before?.made ?? []
  if (!isDeepStrictEqual(before, { version: 1, account: account.id, settings, made })) {
    receipt.write({ version: 1, account: account.id, settings, made })
  }
  for (const resource of listResources(account, settings)) {
    const { state, wanted } = await look(resource)
    refuseForeign(resource, state, receipt)
    if (state === 'missing') await create(run, resource, wanted)
    if (state === 'differs') await resource.correct?.(wanted)
    print(line({ missing: 'created', differs: 'corrected', 'as wanted': 'unchanged' }[state], resource))
  }
  print(chartValues(account, settings))
}

/** The receipt knows of it first: what a broken run made is not taken for somebody else’s. */
async function create({ receipt }: Run, resource: Resource, wanted: Readonly<Record<string, unknown>>) {
  receipt.note(resource.key)
  try {
    await resource.create(wanted)
  } catch (error) {
    // AWS refused; nothing was made.
    if (statusOf(error) !== undefined) receipt.forget(resource.key)
    throw error
  }
}

/** Compares the account with the receipt; `true` when they agree. */
export async function status({ account, receipt, print }: Run): Promise<boolean> {
  let agrees = true
  for (const resource of listResources(account, required(receipt).settings)) {
    const { state } = await look(resource)
    if (state !== 'as wanted') agrees = false
    print(line(state === 'as wanted' ? 'ok' : state, resource))
  }
  return agrees
}

/** Deletes what the receipt names, the last first; `false` when nobody confirmed it. */
export async function destroy(
  { account, receipt, print }: Run,
  { isDryRun, confirm }: { readonly isDryRun: boolean; readonly confirm: () => Promise<boolean> },
): Promise<boolean> {
  const { settings, made } = required(receipt)
  const resources = listResources(account, settings)
  const ours = resources.filter(({ key }) => made.includes(key)).toReversed()
  for (const resource of resources.filter(({ key }) => !made.includes(key))) print(line('keep', resource))
  for (const resource of ours) print(line('delete', resource))
  if (isDryRun) return true
  if (!(await confirm())) return false
  for (const resource of ours) {
    await ifThere(async () => ((await resource.find()) === undefined ? undefined : resource.remove()))
    receipt.forget(resource.key)
    print(line('deleted', resource))
  }
  receipt.remove()
  return true
}

/** @throws {Mistake} when the account has such a thing already, and no run from here made it. */
function refuseForeign(
  { key, title, isShared }: Resource,
  state: State,
  { content, path }: ReceiptFile,
): void {
  if (state === 'missing' || isShared || content?.made.includes(key)) return
  throw new Mistake(
    `The account has the ${title} already, and ${path} does not know it.`,
    'Use the receipt of the run that made it (--receipt), or another --role-name.',
  )
}

/** @throws {Mistake} when there is no receipt. */
export function required({ content, path }: ReceiptFile): Receipt {
  if (content) return content
  throw new Mistake(
    `There is no receipt ${path}: nothing was set up from here.`,
    'Set up with npm run aws -- apply.',
  )
}

function statusOf(error: unknown): number | undefined {
  const { $metadata } = (error ?? {}) as { $metadata?: { httpStatusCode?: number } }
  return isMissing(error) ? 404 : $metadata?.httpStatusCode
}

function line(word: string, { title }: Resource): string {
  return `${word.padEnd(9)}  ${title}`
}

function chartValues(account: Account, settings: Settings): string {
  const { region, modelId, way } = settings
  const role = way === 'webIdentity' ? `\n  roleArn: ${roleArn(account, settings)}` : ''
  return `\nValues for the chart:\n\naws:\n  region: ${region}\n  modelId: ${modelId}\n  auth: ${way}${role}`
}
