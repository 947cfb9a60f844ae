/** Less than this is noise. */
const minMicroseconds = 1_000

/**
 * How many times more CPU one piece of work takes than another. The two take turns, so that a busy machine slows both down,
 * and their best rounds are compared, which nothing else disturbed.
 */
export function cpuRatio(much: () => unknown, little: () => unknown, rounds = 10): number {
  const best = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY]
  for (let round = 0; round < rounds; round += 1) {
    for (const [index, work] of [much, little].entries()) {
      const before = process.cpuUsage()
      work()
      const { user, system } = process.cpuUsage(before)
      best[index] = Math.min(best[index] ?? 0, user + system)
    }
  }
  return (best[0] ?? 0) / Math.max(best[1] ?? 0, minMicroseconds)
}

/** Large enough that a busy machine cannot make linear growth look quadratic, even in few rounds. */
const growthOfSize = 16
const roundsOfGrowth = 3

/**
 * The power of its size with which the CPU of a piece of work grows: about 1 if it takes linear time, 2 if quadratic.
 * @param workOf Prepares the work for a size, and returns the part to measure.
 * @param size The smaller of the two sizes compared. Quadratic work of the larger, 16 times this, must take well over 64 ms:
 *   the smaller counts as a millisecond at least, and 64 times that is order 1.5.
 */
export function orderOfGrowth(workOf: (size: number) => () => unknown, size: number): number {
  const ratio = cpuRatio(workOf(size * growthOfSize), workOf(size), roundsOfGrowth)
  return Math.log(ratio) / Math.log(growthOfSize)
}
