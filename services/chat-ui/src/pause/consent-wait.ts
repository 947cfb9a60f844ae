import type { Pause } from '@entra-agents/trace'
import { signal } from '@preact/signals'
import type { Decide } from './card-frame.tsx'

/** The delays before each try of the call: a consent takes a while to take effect everywhere. */
const retryDelaysMs = [0, 1_000, 2_000, 4_000, 8_000]

/** The turn that waits for its consent to take effect. Kept outside the cards, since each try has a card of its own. */
const consentProgress = signal<
  { readonly turnId: string; readonly state: 'settling' | 'unknown' } | undefined
>(undefined)

/** Returns `settling` while tries go on, and `unknown` if the consent had not taken effect at the last try. */
export function retryStateOf({ turnId }: Pause): 'settling' | 'unknown' | undefined {
  return consentProgress.value?.turnId === turnId ? consentProgress.value.state : undefined
}

/** Tries calls again until their consent has taken effect; gives up after the last try. */
export async function retryUntilConsented(
  pause: Pause,
  onDecide: (decide: Decide) => Promise<Pause | undefined>,
): Promise<void> {
  const { turnId } = pause
  if (retryStateOf(pause) === 'settling') return
  consentProgress.value = { turnId, state: 'settling' }
  for (const delayMs of retryDelaysMs) {
    await new Promise(resolve => setTimeout(resolve, delayMs))
    const next = await onDecide(() => 'approve')
    if (next?.kind !== 'consent' || scopesKey(next) !== scopesKey(pause)) {
      consentProgress.value = undefined
      return
    }
  }
  consentProgress.value = { turnId, state: 'unknown' }
}

function scopesKey({ consent }: Pause): string {
  return JSON.stringify(consent?.scopes.map(({ value }) => value))
}
