import { accessSync, constants, existsSync } from 'node:fs'
import { dirname } from 'node:path'
import { Mistake } from '../set-up/mistake.ts'
import { StepFailed } from '../set-up/step-failed.ts'
import { needsAgentsFile, readAgentsFile } from './agents-file.ts'
import { hasAll } from './differences.ts'
import type { Access } from './objects/access.ts'
import { listObjects } from './objects/kinds.ts'
import type { Receipt } from './receipt.ts'
import { howToGetAccess } from './refusals.ts'
import { inStep, type Run, targetOf } from './run.ts'

/**
 * Finds out what would stop a set-up halfway, before anything is made: a file that can't be written, a permission that the token
 * lacks, a name that is taken, a secret in use.
 */
export async function lookAhead(run: Run, receipt: Receipt): Promise<void> {
  checkWritable(run.envFile)
  if (needsAgentsFile(receipt)) {
    checkWritable(run.agentsFile)
    readAgentsFile(run.agentsFile)
  }
  const missing = await findMissingPermissions(run, receipt)
  if (missing) throw missing
  const isKnown = (key: string) => receipt.objects[key] !== undefined
  for (const object of listObjects(targetOf(run, receipt))) {
    if (!object.isCheckedFirst || !object.needs.every(isKnown)) continue
    const { fault } = await inStep(run, object, () => object.find(run.graph))
    if (fault) throw fault
  }
}

/** The failure that names the permissions that the token lacks; `undefined` if it lacks none or does not list its permissions. */
export async function findMissingPermissions(run: Run, receipt: Receipt): Promise<StepFailed | undefined> {
  const { permissions } = await run.graph.caller()
  if (!permissions || broadPermissions.some(one => permissions.has(one))) return undefined
  const lacking = listObjects(targetOf(run, receipt)).flatMap(object => {
    const { key, title, access, comesAlong, create, properties } = object
    if (comesAlong || receipt.objects[key]) return []
    // Some properties cannot be set when the object is made.
    const isChanged = !hasAll(properties?.() ?? {}, create().body ?? {})
    return [access.GET, access.POST, isChanged ? access.PATCH : undefined]
      .map(one => one ?? access.POST)
      .filter(one => !isPermitted(permissions, one))
      .map(one => ({ title, words: `permission ${one.permission}, with which goes the role "${one.role}"` }))
  })
  if (lacking.length === 0) return undefined
  const lines = [...Map.groupBy(lacking, ({ words }) => words)].map(
    ([words, all]) => `${words}, for: ${[...new Set(all.map(({ title }) => title))].join('; ')}`,
  )
  return new StepFailed(
    'permissions of the token',
    'PermissionMissing',
    ['The token lacks some of what apply takes. Nothing was made yet.', ...lines].join('\n'),
    howToGetAccess,
  )
}

/** Broad permissions; only Graph knows what they permit. */
const broadPermissions = ['Directory.AccessAsUser.All', 'Directory.ReadWrite.All']

function isPermitted(permissions: ReadonlySet<string>, { permission, greater = [] }: Access): boolean {
  const [resource = ''] = permission.split('.')
  return [permission, `${resource}.ReadWrite.All`, ...greater].some(one => permissions.has(one))
}

function checkWritable(path: string): void {
  try {
    accessSync(existsSync(path) ? path : dirname(path), constants.W_OK)
  } catch {
    throw new Mistake(
      `${path} can’t be written, and what was made has to go there.`,
      'Name another file with --dotenv or --agents-config, or make this one writable.',
    )
  }
}
