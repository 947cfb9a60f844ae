/** Time as this Entra sees it. Tests move it, to make secrets and tokens expire without waiting. */
export class Clock {
  offsetSeconds = 0

  nowMs(): number {
    return Date.now() + this.offsetSeconds * 1000
  }

  nowSeconds(): number {
    return Math.floor(this.nowMs() / 1000)
  }
}
