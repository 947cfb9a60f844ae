import { Type } from 'typebox'

const citySchema = Type.String({
  minLength: 1,
  maxLength: 100,
  pattern: '^[^\\p{Cc}]*[\\p{Letter}][^\\p{Cc}]*$',
  description: 'A city, optionally with its region or country: "Portland, Oregon".',
})

export const defaultDays = 3

export const WeatherQuery = Type.Object({ city: citySchema })

export const ForecastQuery = Type.Object({
  city: citySchema,
  days: Type.Optional(
    Type.Integer({ minimum: 1, maximum: 7, default: defaultDays, description: 'Days from today on.' }),
  ),
})
