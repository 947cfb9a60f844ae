import type { Fault } from './faults.ts'

/** Random numbers, at least 0 and below 1, determined by the seed (mulberry32). */
export function randomNumbers(seed: number): () => number {
  let state = seed | 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** In this first share of the run every fault ends processes; after that no fault does, so that leaks show. */
const endingShare = 1 / 2

/**
 * Yields faults endlessly, in rounds. A round has each fault of the run's current part once, in an order set by the seed.
 *
 * @param elapsed the elapsed share of the run
 */
export function* planFaults(
  faults: readonly Fault[],
  random: () => number,
  elapsed: () => number,
): Generator<Fault, never> {
  const [ending, others] = [true, false].map(ends => {
    const own = faults.filter(({ endsProcesses = false }) => endsProcesses === ends)
    return rounds(own.length > 0 ? own : faults, random)
  }) as [Generator<Fault, never>, Generator<Fault, never>]
  for (;;) yield (elapsed() < endingShare ? ending : others).next().value
}

function* rounds(faults: readonly Fault[], random: () => number): Generator<Fault, never> {
  for (;;) {
    const left = [...faults]
    while (left.length > 0) yield* left.splice(Math.floor(random() * left.length), 1)
  }
}
