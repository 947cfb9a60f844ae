import { systemClock } from '../../../../emulators/auth-sidecar/src/clock.ts'
import { readBehaviour } from './entra-behaviour.ts'
import { Stage } from './stage.ts'

/** The stand-in in its common environment, beside an Entra that grants everything. */
export async function startStandIn(): Promise<Stage> {
  return Stage.set({ environment: {}, behaviour: readBehaviour('normal'), clock: systemClock, haste: 1 })
}
