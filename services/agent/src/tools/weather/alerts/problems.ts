import { defineProblems, type ProblemKind } from '@entra-agents/service-kit'

/** Failures of the tools for alerts. In all of these cases nothing was changed. */
export const alertProblems = {
  ALERT_NOT_RECOGNISED: {
    status: 422,
    title: 'The message is about an alert, but not one that direct mode understands.',
    hint: 'Ask like “Warn me when Oslo falls below −5 °C until 4 December”, “my alerts” or “delete alert <its id>”.',
  },
  ALERT_NOT_FOUND: {
    status: 404,
    title: 'There is no alert with this id, or it is another owner’s.',
    hint: 'Ask for “my alerts”, which lists them with their ids.',
  },
  ALERT_EXISTS: {
    status: 409,
    title: 'There is an alert for the same city and temperature, with another last day.',
    hint: 'Delete that one first, or leave it.',
  },
  ALERT_LIMIT_REACHED: {
    status: 429,
    title:
      'The weather API keeps no more alerts of this user or agent, or has taken as many calls that create some as it takes in a day.',
    hint: 'Too many alerts: delete some that are no longer needed. Too many calls: wait, since each counts for 24 hours.',
  },
  ALERT_CALL_CHANGED: {
    status: 422,
    title: 'The weather API has seen this call before, with another alert.',
    hint: 'Ask again; that makes a new call.',
  },
  ALERTS_BUSY: {
    status: 503,
    title: 'Another process is writing alerts at this moment.',
    hint: 'Ask again in a moment. If it lasts, see that only one replica of the weather API uses its file.',
  },
} as const satisfies Record<string, ProblemKind>

export const alertProblem = defineProblems(alertProblems)
