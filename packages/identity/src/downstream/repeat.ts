import { setTimeout as sleep } from 'node:timers/promises'
import { isSendError, type SendErrorKind } from '@entra-agents/service-kit/send'

const brokenConnectionKinds: readonly SendErrorKind[] = ['refused', 'broken']
const retryDelayMs = 150

/** Runs a call once more when its connection was refused or broke, as happens when a pod of the API is replaced. */
export async function repeatAfterBrokenConnection<Result>(
  call: () => Promise<Result>,
  signal: AbortSignal,
): Promise<Result> {
  try {
    return await call()
  } catch (error) {
    const isBroken = isSendError(error) && brokenConnectionKinds.includes(error.kind)
    if (signal.aborted || !isBroken) throw error
    await sleep(retryDelayMs, undefined, { signal })
    return call()
  }
}
