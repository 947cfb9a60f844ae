import { readBehaviour } from './entra-behaviour.ts'
import { Stage } from './stage.ts'

/** The emulator of the sidecar with its usual settings, and a scripted Entra that grants every request. */
export async function startEmulator(): Promise<Stage> {
  return Stage.set({ environment: {}, behaviour: readBehaviour('normal'), speed: 1 })
}
