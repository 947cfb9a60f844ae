import type * as kit from '@entra-bedrock-agent/emulator-kit'

/** Time as the emulator sees it. Tests hand in their own, so that minutes of waiting cost milliseconds. */
export type Clock = Pick<kit.Clock, 'nowMs' | 'sleep'>
