import { Mistake } from '../set-up/mistake.ts'
import { readVariables } from './env-file.ts'
import type { Graph, Json } from './graph.ts'
import { type AccessByMethod, applicationAccess } from './objects/access.ts'
import { type Found, type Target, type TenantObject, toTarget } from './objects/tenant-object.ts'
import { NotYet, type Patience, patiently } from './patience.ts'
import type { Receipt, ReceiptFile, RecordedObject } from './receipt.ts'
import { toStepFailed } from './refusals.ts'
import type { Entry } from './text.ts'
import type { Files } from './variables.ts'

/** What every command works with. */
export interface Run extends Patience, Files {
  readonly graph: Graph
  readonly tenantId: string
  readonly receipt: ReceiptFile
  readonly results: readonly Entry[]
  /** Adds to the results, and prints it unless they are printed as JSON. */
  readonly report: (entry: Entry) => void
  /** Prints a line about the result; with `--json`, which prints the objects only, it goes where progress goes. */
  readonly print: (line: string) => void
}

/** How long Entra may take to show a new object, in seconds. */
const newObjectSeconds = 120

/**
 * What the tenant should have according to a receipt.
 *
 * @param known returns the recorded objects; called for each look-up, since they may change meanwhile
 */
export function targetOf(
  { graph, clock, envFile }: Run,
  receipt: Receipt,
  known = () => receipt.objects,
): Target {
  return toTarget({
    ...receipt,
    nowMs: () => clock.nowMs(),
    secret: () => readVariables(envFile)['BLUEPRINT_CLIENT_SECRET'],
    userAddress: id => graph.userAddress(id),
    recorded: key => known()[key],
  })
}

/** @throws {Mistake} when there is no receipt. */
export function requireReceipt({ receipt }: Run): Receipt {
  if (receipt.content) return receipt.content
  throw new Mistake(
    `There is no receipt ${receipt.path}: nothing was set up from here.`,
    'Set up with npx --no-install agentctl entra apply, or name the receipt with --receipt.',
  )
}

/**
 * Looks for an object in the tenant.
 *
 * @throws {NotYet} when it finds none although the object may have been made so recently that Entra does not show it yet.
 */
export async function lookUp({ graph, clock }: Run, object: TenantObject, receipt: Receipt): Promise<Found> {
  const found = await object.find(graph)
  const askedAt = receipt.creating?.key === object.key ? receipt.creating.askedAt : undefined
  const since = Date.parse(receipt.objects[object.key]?.recordedAt ?? askedAt ?? '')
  const isNew = clock.nowMs() - since < newObjectSeconds * 1_000
  if (!found.object && !found.isHidden && isNew) throw new NotYet('Entra does not show it yet')
  return found
}

export function toRecord(object: Json, nowMs: number): RecordedObject {
  const { id, keyId, appId } = object
  return {
    id: String(id ?? keyId),
    ...(typeof appId === 'string' ? { appId } : {}),
    recordedAt: new Date(nowMs).toISOString(),
  }
}

/**
 * Does one step, and repeats it if Entra may only need time. The error of a failed step names the step, the cause and the fix.
 *
 * @param step what is done, and the access that this needs; default: access to applications
 */
export async function inStep<Result>(
  run: Patience,
  step: { readonly title: string; readonly access?: AccessByMethod },
  act: () => Promise<Result>,
): Promise<Result> {
  const { title, access = applicationAccess } = step
  try {
    return await patiently(run, title, act)
  } catch (error) {
    throw toStepFailed(error, { title, access })
  }
}

export function findUser(run: Run, name: string): Promise<Json | undefined> {
  const access = { POST: { permission: 'User.ReadBasic.All', role: 'Directory Readers' } }
  const path = `/users/${encodeURIComponent(name)}`
  return inStep(run, { title: `user ${name}`, access }, () => run.graph.read(path))
}
