/** Time as this AWS sees it. Tests and the switchboard move it, to make credentials expire without waiting. */
export class Clock {
  offsetSeconds = 0

  nowMs(): number {
    return Date.now() + this.offsetSeconds * 1000
  }

  nowSeconds(): number {
    return Math.floor(this.nowMs() / 1000)
  }
}
