import { publicConfig } from '@entra-agents/trace-view/testing/public-config'
import { step } from '@entra-agents/trace-view/testing/trace'
import { describeNames } from '@entra-agents/trace-view/words/names'
import { expect, it } from 'vitest'
import { type PageProblem, pageProblem } from '../agent/page-problem.ts'
import { tellProblemKind } from './problem-head.ts'

const needs = { api: 'orders-api', permission: 'Orders.Read.All', kind: 'role' } as const
const upstream = { service: 'entra' }
const failed = [step('x', { status: 'failed', to: 'sidecar' })]

it.each<[code: string, more: Partial<PageProblem>, words: string]>([
  ['CITY_NOT_FOUND', { status: 404 }, 'Not found'],
  ['CITY_NOT_RECOGNISED', { status: 422 }, 'Not answered'],
  ['BEDROCK_THROTTLED', { status: 429 }, 'Passes by itself'],
  ['SIGN_IN_REQUIRED', { status: 401 }, 'Waits for you'],
  ['API_FORBIDDEN', { needs }, 'Denied by Orders API'],
  ['AGENT_DISABLED', { upstream }, 'Denied by Entra ID'],
  ['CONSENT_REQUIRED', {}, 'Waits for you'],
  ['FEDERATION_MISMATCH', {}, 'Denied by Sidecar'],
  ['AGENT_SILENT', {}, 'Failed'],
  ['constructor', {}, 'Failed'],
])('a note about %s with %o says “%s”', (code, more, words) => {
  const problem = { ...pageProblem('SIGN_IN_FAILED'), code, ...more }
  expect(tellProblemKind(problem, failed, describeNames(publicConfig))).toBe(words)
})
