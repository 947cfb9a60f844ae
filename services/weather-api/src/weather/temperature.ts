/** Rounds to a tenth of a degree, as weather services do. */
export function roundToTenth(degrees: number): number {
  return Math.round(degrees * 10) / 10
}

/** °C → °F, rounded to a tenth. */
export function toFahrenheit(celsius: number): number {
  return roundToTenth((celsius * 9) / 5 + 32)
}
