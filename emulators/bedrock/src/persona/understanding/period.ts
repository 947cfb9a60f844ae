import type { Word } from './words.ts'

/** Which days a question is about; the first day of a forecast is today. */
export interface Period {
  /** How many days to ask the forecast for. */
  readonly days: number
  /** Only this day, counted from today; without it and without weekdays, all of them. */
  readonly index?: number
  /** Only these days of the week, 0 = Sunday. */
  readonly weekdays?: readonly number[]
}

const mostDays = 7

const named: readonly (readonly [RegExp, Period])[] = [
  [/(?<!\p{L})(day after tomorrow|übermorgen|après-demain|pasado mañana)(?!\p{L})/u, { days: 3, index: 2 }],
  [/(?<!\p{L})(tomorrow|morgen|demain|mañana)(?!\p{L})/u, { days: 2, index: 1 }],
  [
    /(?<!\p{L})(tonight|later today|this evening|heute abend|heute nacht|ce soir|cette nuit|esta noche)(?!\p{L})/u,
    { days: 1, index: 0 },
  ],
  [/(?<!\p{L})(weekend|wochenende|week-end|fin de semana)(?!\p{L})/u, { days: mostDays, weekdays: [6, 0] }],
  [/(?<!\p{L})(week|woche|semaine|semana)(?!\p{L})/u, { days: mostDays }],
  [/(?<!\p{L})(next days|coming days|nächsten tage|prochains jours|próximos días)(?!\p{L})/u, { days: 3 }],
]

const weekdayNames = [
  'sunday sonntag dimanche domingo',
  'monday montag lundi lunes',
  'tuesday dienstag mardi martes',
  'wednesday mittwoch mercredi miércoles',
  'thursday donnerstag jeudi jueves',
  'friday freitag vendredi viernes',
  'saturday samstag sonnabend samedi sábado',
].map(names => names.split(' '))

const numbers = new Map(
  [
    'a',
    'one eine un una',
    'two zwei deux dos',
    'three drei trois tres',
    'four vier quatre cuatro',
    'five fünf cinq cinco',
    'six sechs seis',
    'seven sieben sept siete',
  ].flatMap((names, number) => names.split(' ').map(name => [name, number] as const)),
)
const dayUnits = new Set('day days tag tage tagen jour jours día días'.split(' '))
const forecastWords = /forecast|vorhersage|prévisions?|pronóstico|will it|wird es|lloverá|va-t-il|hará/u

/** The days that a text is about; `undefined` means now. */
export function findPeriod(spoken: readonly Word[]): Period | undefined {
  const text = spoken.map(({ key }) => key).join(' ')
  return (
    named.find(([pattern]) => pattern.test(text))?.[1] ??
    findWeekday(spoken) ??
    findCount(spoken) ??
    (forecastWords.test(text) && !/today|heute|aujourd'hui|hoy/.test(text) ? { days: 3 } : undefined)
  )
}

function findWeekday(spoken: readonly Word[]): Period | undefined {
  const day = weekdayNames.findIndex(names => spoken.some(({ key }) => names.includes(key)))
  return day < 0 ? undefined : { days: mostDays, weekdays: [day] }
}

/** “3 days”, “the next five days”. */
function findCount(spoken: readonly Word[]): Period | undefined {
  for (const [at, { key }] of spoken.entries()) {
    const count = numbers.get(key) ?? (/^\d{1,3}$/.test(key) ? Number(key) : undefined)
    if (count !== undefined && dayUnits.has(spoken[at + 1]?.key ?? '')) {
      return { days: Math.min(Math.max(count, 1), mostDays) }
    }
  }
  return undefined
}
