import { readBehaviour } from './entra-behaviour.ts'
import { Stage } from './stage.ts'

/** The emulator in its common environment, beside an Entra that grants everything. */
export async function startEmulator(): Promise<Stage> {
  return Stage.set({ environment: {}, behaviour: readBehaviour('normal'), speed: 1 })
}
