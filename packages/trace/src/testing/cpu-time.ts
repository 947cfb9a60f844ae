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
