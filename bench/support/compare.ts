import type { MeasuredProcess } from './process.ts'
import { type Row, rowOf } from './row.ts'

/** A server, and the function that puts one round of load on it and returns the number of turns. It throws if a turn fails. */
export interface Peer {
  readonly name: string
  readonly server: MeasuredProcess
  readonly load: () => Promise<number>
}

/** CPU of each peer's process per turn in each round, in milliseconds. */
export type CpuOfRounds = ReadonlyMap<string, readonly number[]>

/**
 * Measures all peers in every round, so that other programs on the machine affect all peers alike. Each round starts with
 * another peer, so that all peers are first equally often, and are idle for equally long.
 */
export async function compare(peers: readonly Peer[], rounds: number): Promise<CpuOfRounds> {
  const cpuMs = new Map(peers.map(({ name }) => [name, [] as number[]]))
  for (let round = 0; round < rounds; round++) {
    const first = round % peers.length
    for (const { name, server, load } of [...peers.slice(first), ...peers.slice(0, first)]) {
      const beforeMs = server.cpuMs
      const turns = await load()
      cpuMs.get(name)?.push((server.cpuMs - beforeMs) / turns)
    }
  }
  return cpuMs
}

/** A row of the first peer's CPU beside that of every other. */
export function rowsOfCpu(what: string, measured: CpuOfRounds, unit: 'ms' | 'µs' = 'ms'): readonly Row[] {
  const [[, own = []] = [], ...others] = measured
  const inUnit = (cpuMs: readonly number[]) => cpuMs.map(ms => (unit === 'ms' ? ms : ms * 1_000))
  return others.map(([peer, other]) => rowOf({ what, peer, unit }, inUnit(own), inUnit(other)))
}
