import type { City } from '../city.ts'
import { africa } from './africa.ts'
import { asia } from './asia.ts'
import { europe } from './europe.ts'
import { northAmerica } from './north-america.ts'
import { oceania } from './oceania.ts'
import { southAmerica } from './south-america.ts'

/**
 * Large cities of all inhabited continents with the monthly means of their daily lowest and highest temperature.
 *
 * The figures follow the climate normals that the national weather services publish (NOAA, Met Office, DWD,
 * Météo-France, JMA, KMA, CMA, IMD, BoM, INMET, SMN and others; WMO standard normals 1991–2020 where there are any,
 * earlier 30-year periods elsewhere), for the city's usual reference station, in whole °C. They were compiled by hand
 * and not taken from a machine-readable release: a value may be a degree or two off the service's own table. They say
 * what a time of year is like in a city; do not use them as a climate data set.
 */
export const cities: readonly City[] = [
  ...africa,
  ...asia,
  ...europe,
  ...northAmerica,
  ...oceania,
  ...southAmerica,
]
