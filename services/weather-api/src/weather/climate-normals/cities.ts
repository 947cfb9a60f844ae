import table from './cities.json' with { type: 'json' }

/** Twelve monthly means from January on, in whole °C. */
export type MonthlyMeans = readonly number[]

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

/**
 * Large cities of all inhabited continents with the monthly means of their daily lowest and highest temperature.
 *
 * The figures follow the climate normals that the national weather services publish (NOAA, Met Office, DWD,
 * Météo-France, JMA, KMA, CMA, IMD, BoM, INMET, SMN and others; WMO standard normals 1991–2020 where there are any,
 * earlier 30-year periods elsewhere), for the city's usual reference station, in whole °C. They were compiled by hand
 * and not taken from a machine-readable release: a value may be a degree or two off the service's own table. They say
 * what a time of year is like in a city; do not use them as a climate data set.
 */
export const cities: readonly City[] = table
