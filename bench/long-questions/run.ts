/**
 * How long the agent takes to find a place, such as “Oslo”, in messages that are made to be slow to search, compared with
 * one regular expression over the same text.
 */

import { longMessages } from '../../services/agent/src/tools/weather/testing/long-messages.ts'
import { recogniseWeatherQuestion } from '../../services/agent/src/tools/weather/weather-question.ts'
import { median } from '../../tests/support/median.ts'
import { printTable } from '../support/table.ts'

const runs = 21

function medianMs(read: () => unknown): number {
  const times = Array.from({ length: runs }, () => {
    const startedMs = performance.now()
    read()
    return performance.now() - startedMs
  })
  return median(times)
}

printTable([
  ['message', 'place ms (median)', 'words ms (median)'],
  ...Object.entries(longMessages).map(([name, message]) => [
    name,
    medianMs(() => recogniseWeatherQuestion(message)).toFixed(2),
    medianMs(() => message.match(/\p{L}+/gu)).toFixed(2),
  ]),
])
