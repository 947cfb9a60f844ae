/** Twelve monthly means, January first, in whole °C. */
export type MonthlyMeans = readonly [
  number,
  number,
  number,
  number,
  number,
  number,
  number,
  number,
  number,
  number,
  number,
  number,
]

/** A city with the monthly means of its daily lowest and highest temperature. */
export interface City {
  readonly name: string
  readonly region?: string
  readonly country: string
  readonly timeZone: string
  readonly alsoCalled?: readonly string[]
  readonly low: MonthlyMeans
  readonly high: MonthlyMeans
}
