import { GraphRefusal } from './graph.ts'
import type { TenantObject } from './objects/tenant-object.ts'
import { NotYet } from './patience.ts'
import { inStep, type Run, requireReceipt } from './run.ts'
import { replaceVariables } from './variables.ts'

/** The objects that need a deletion request of their own, in reverse order. Entra deletes the other objects along with these. */
export function withOwnDeletion(gone: readonly TenantObject[]): readonly TenantObject[] {
  return gone.filter(({ goesWith }) => !gone.some(({ key }) => key === goesWith)).toReversed()
}

/** Deletes objects and waits until Entra shows them no more. */
export async function removeObjects(run: Run, gone: readonly TenantObject[]): Promise<void> {
  for (const object of withOwnDeletion(gone)) {
    const companions = gone.filter(({ goesWith }) => goesWith === object.key)
    await inStep(run, object, async () => {
      await deleteIfThere(run, object)
      for (const one of [...companions, object]) {
        if (!requireReceipt(run).objects[one.key]) continue
        if ((await one.find(run.graph)).object) throw new NotYet(`Entra still shows ${one.title}`)
        forget(run, one.key)
      }
    })
    run.report({ result: 'deleted', key: object.key, title: object.title })
  }
}

/** Forgets an object in .env before the receipt: if the run is killed in between, only the receipt still tells what to empty. */
function forget(run: Run, key: string): void {
  const before = requireReceipt(run)
  const { [key]: _gone, ...objects } = before.objects
  replaceVariables(run, before, { ...before, objects })
  run.receipt.change({ objects })
}

async function deleteIfThere(run: Run, { key, address, remove }: TenantObject): Promise<void> {
  if (!requireReceipt(run).objects[key]) return
  const path = address?.()
  const request = remove?.() ?? (path === undefined ? undefined : ({ method: 'DELETE', path } as const))
  if (!request) return
  try {
    await run.graph.send(request)
  } catch (error) {
    if (!(error instanceof GraphRefusal && isGone(error))) throw error
  }
}

function isGone({ status, message }: GraphRefusal): boolean {
  return status === 404 || /no password credential found/i.test(message)
}
