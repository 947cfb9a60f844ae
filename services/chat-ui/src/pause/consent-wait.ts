import type { Pause } from '@entra-bedrock-agent/identity-trace'
import { signal } from '@preact/signals'
import type { Decide } from './card-frame.tsx'

/** A consent is known everywhere only after a while: how long to wait before the call is tried again, each time. */
const delaysMs = [0, 1_000, 2_000, 4_000, 8_000]

/** Of which turn, and how far; outside of the cards, for each try has a card of its own. */
const progress = signal<{ readonly turnId: string; readonly far: 'settling' | 'unknown' } | undefined>(
  undefined,
)

/** Whether a consent is still to take effect, or is not known after all tries. */
export function howFar({ turnId }: Pause): 'settling' | 'unknown' | undefined {
  return progress.value?.turnId === turnId ? progress.value.far : undefined
}

/** Goes on with calls once their consent is known; gives up after all tries. */
export async function goOnOnceKnown(
  pause: Pause,
  onDecide: (decide: Decide) => Promise<Pause | undefined>,
): Promise<void> {
  const { turnId } = pause
  if (howFar(pause) === 'settling') return
  progress.value = { turnId, far: 'settling' }
  let next: Pause | undefined = pause
  for (const delayMs of delaysMs) {
    if (delayMs > 0) await new Promise(resolve => setTimeout(resolve, delayMs))
    next = await onDecide(() => 'approve')
    if (!next || !isSame(next, pause)) break
  }
  progress.value = next && isSame(next, pause) ? { turnId, far: 'unknown' } : undefined
}

function isSame(next: Pause, pause: Pause): boolean {
  const scopesOf = ({ consent }: Pause) => JSON.stringify(consent?.scopes.map(({ value }) => value))
  return next.kind === 'consent' && scopesOf(next) === scopesOf(pause)
}
