/** How a failure is told, as in a catalogue of problems (RFC 9457). */
export interface ProblemWords {
  readonly status: number
  readonly title: string
  readonly hint: string
}

export interface ProblemTexts {
  /** The API in challenges (RFC 9110 §11.5), in kebab-case. */
  readonly realm: string
  /** In front of the codes: `WEATHER` makes `WEATHER_TOKEN_REJECTED`. */
  readonly codePrefix: string
  /** The API's own words for some of the codes. */
  readonly problems?: Readonly<Record<string, ProblemWords>>
  /** What every challenge says besides. */
  readonly pointer?: string
}
