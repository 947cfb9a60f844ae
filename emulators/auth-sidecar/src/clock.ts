import type * as kit from '@entra-agents/emulator-kit'

/** The emulator's time. Tests pass a clock of their own, so that minutes of waiting take milliseconds. */
export type Clock = Pick<kit.Clock, 'nowMs' | 'sleep'>
