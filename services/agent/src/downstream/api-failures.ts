import type { ProblemError } from '@entra-bedrock-agent/service-kit'
import { problem } from '../problems.ts'
import { readProblemAnswer } from '../tools/weather/responses.ts'
import type { WeatherApiAnswer } from './api-client.ts'

/** What an answer other than 200 means. */
export function explainWeatherAnswer(answer: WeatherApiAnswer, city: string): ProblemError {
  const { code, detail, failedCheck, suggestions = [] } = readProblemAnswer(answer.body)
  const upstream = { service: 'weather-api', status: answer.status, ...(code ? { code } : {}) }
  const check = failedCheck ? ` (${failedCheck})` : ''
  switch (answer.status) {
    case 400:
      return problem('INVALID_REQUEST', detail ?? 'The weather API cannot read the question.', { upstream })
    case 401: {
      const claimsChallenge = readClaimsChallenge(answer.challenge)
      return claimsChallenge
        ? problem('CONDITIONAL_ACCESS_REQUIRED', 'The weather API wants the person to prove more.', {
            upstream,
            extensions: { claimsChallenge },
          })
        : problem('WEATHER_TOKEN_REJECTED', `The weather API does not accept the agent’s token${check}.`, {
            upstream,
          })
    }
    case 403:
      return problem(
        'WEATHER_FORBIDDEN',
        `The agent’s token lacks a right that the weather API wants${check}.`,
        {
          upstream,
        },
      )
    case 404:
      return problem('CITY_NOT_FOUND', `The weather API knows no city called “${city}”.`, {
        upstream,
        hint: suggestions.length > 0 ? `Did you mean ${suggestions.join(' or ')}?` : undefined,
      })
    default:
      return problem('WEATHER_UNAVAILABLE', `The weather API answered ${answer.status}.`, { upstream })
  }
}

/** The weather API answered 200 with something that is no weather. */
export function unreadableWeather(): ProblemError {
  return problem('WEATHER_UNAVAILABLE', 'The weather API’s answer is not what it promises.', {
    upstream: { service: 'weather-api', status: 200 },
  })
}

/** The weather API says itself that it is not ready. */
export function unreadyWeatherApi(status: number): ProblemError {
  return problem('WEATHER_UNAVAILABLE', 'The weather API is not ready.', {
    upstream: { service: 'weather-api', status },
  })
}

/** The weather API does not answer at all. */
export function silentWeatherApi(cause: unknown): ProblemError {
  return problem('WEATHER_UNAVAILABLE', 'The weather API cannot be reached, or took too long.', {
    upstream: { service: 'weather-api' },
    cause,
  })
}

/**
 * The Conditional Access challenge of an API: `error="insufficient_claims", claims="<base64 of JSON>"`.
 * See https://learn.microsoft.com/entra/identity-platform/claims-challenge
 */
function readClaimsChallenge(challenge: string | undefined): string | undefined {
  if (!challenge?.includes('error="insufficient_claims"')) return undefined
  const encoded = /\bclaims="([A-Za-z0-9+/_=-]{1,4096})"/.exec(challenge)?.[1]
  if (!encoded) return undefined
  const text = Buffer.from(encoded, 'base64').toString('utf8')
  try {
    JSON.parse(text)
    return text
  } catch {
    return undefined
  }
}
