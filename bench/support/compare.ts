import { median } from '../../tests/support/median.ts'
import type { MeasuredProcess } from './process.ts'
import { printTable } from './table.ts'

/** The result of one round of load. */
export interface Round {
  readonly turns: number
  readonly failed: number
  readonly turnsPerSecond: number
  readonly p50Ms: number
  readonly p99Ms: number
}

/** A server, and the function that puts one round of load on it. */
export interface Peer {
  readonly name: string
  readonly server: MeasuredProcess
  readonly load: () => Promise<Round>
}

/** All rounds of a peer: sums of turns and failures, medians of other values. CPU time is that of the peer's process only. */
export interface Comparison extends Round {
  readonly name: string
  readonly cpuMsPerTurn: number
  /** CPU per turn as a multiple of another peer's: the median of the ratios of all rounds. */
  timesCpuOf(name: string): number
}

/**
 * Measures all peers in every round, so that other programs on the machine affect all peers alike. Each round starts with
 * another peer, so that all peers are first equally often, and are idle for equally long.
 */
export async function compare(peers: readonly Peer[], rounds: number): Promise<readonly Comparison[]> {
  const results = new Map(
    peers.map(({ name }) => [name, [] as (Round & { readonly cpuMsPerTurn: number })[]]),
  )
  for (let round = 0; round < rounds; round++) {
    const first = round % peers.length
    for (const { name, server, load } of [...peers.slice(first), ...peers.slice(0, first)]) {
      const beforeMs = server.cpuMs
      const result = await load()
      results.get(name)?.push({ ...result, cpuMsPerTurn: (server.cpuMs - beforeMs) / result.turns })
    }
  }
  return Array.from(results, ([name, own]) => ({
    name,
    turns: sum(own.map(({ turns }) => turns)),
    failed: sum(own.map(({ failed }) => failed)),
    turnsPerSecond: median(own.map(({ turnsPerSecond }) => turnsPerSecond)),
    p50Ms: median(own.map(({ p50Ms }) => p50Ms)),
    p99Ms: median(own.map(({ p99Ms }) => p99Ms)),
    cpuMsPerTurn: median(own.map(({ cpuMsPerTurn }) => cpuMsPerTurn)),
    timesCpuOf: peer => {
      const others = results.get(peer) ?? []
      return median(
        own.map(({ cpuMsPerTurn }, round) => cpuMsPerTurn / (others[round]?.cpuMsPerTurn ?? Number.NaN)),
      )
    },
  }))
}

/** Prints a table of peers, with the CPU of each as a multiple of every other's. */
export function printComparison(head: string, results: readonly Comparison[]): void {
  printTable([
    [head, 'turns/s', 'p50 ms', 'p99 ms', 'failed', 'CPU ms/turn', ...results.map(({ name }) => `× ${name}`)],
    ...results.map(({ name, turnsPerSecond, p50Ms, p99Ms, failed, cpuMsPerTurn, timesCpuOf }) => [
      name,
      Math.round(turnsPerSecond),
      p50Ms,
      p99Ms,
      failed,
      cpuMsPerTurn.toFixed(3),
      ...results.map(peer => timesCpuOf(peer.name).toFixed(2)),
    ]),
  ])
  console.log()
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
