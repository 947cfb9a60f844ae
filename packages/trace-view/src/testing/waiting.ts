import type { AskedCall, Pause } from '@entra-agents/trace'

/** A call that waits for its user. */
export const orderCall: AskedCall = {
  callId: 'c1',
  tool: 'create_order',
  title: 'Create order',
  sentence: [{ text: 'Create order' }, { text: ', ' }, { value: 'item' }, { text: ': ' }, { value: 'skis' }],
  api: 'orders-api',
  effect: 'create',
  arguments: { item: 'skis' },
  digest: 'd1',
  stepId: 'w',
}

/** The claims that a step-up wants. */
export const challenge = JSON.stringify({ access_token: { acrs: { essential: true, value: 'c1' } } })

/** The last event of a turn that waits with this call. */
export function pauseOf(more: Partial<Pause> = {}): Pause {
  return {
    turnId: 't',
    mode: 'bedrock',
    flow: 'obo',
    model: null,
    answer: '',
    usage: null,
    timing: { firstTokenMs: 1, totalMs: 1 },
    tools: [],
    notices: [],
    kind: 'approval',
    continuation: 'sealed',
    expiresAt: '2026-11-25T10:10:00.000Z',
    calls: [orderCall],
    ...more,
  }
}
