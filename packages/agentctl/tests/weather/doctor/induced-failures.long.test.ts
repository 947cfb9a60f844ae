import { resolve } from 'node:path'
import type { Problem } from '@entra-agents/trace'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { askWeather } from '../../../../../tests/weather/identity/trial.ts'
import type { Finding } from '../../../src/doctor/finding.ts'
import { rowOf, tableOf } from '../../doctor/support/table.ts'
import { type Cause, causesNotInGuide } from './support/causes.ts'
import { type InducedFailure, inducedFailures } from './support/faults.ts'
import { induce } from './support/induce.ts'
import { Laptop } from './support/laptop.ts'

const tableFile = resolve(import.meta.dirname, '../../../../../scripts/troubleshooting/induced-failures.md')
const allFailures = inducedFailures.flatMap(([, failures]) => failures)
/** Failures that users of the agent meet too. */
const userCauses = [...allFailures, ...causesNotInGuide].filter(isCause)
const findingsOf = new Map<InducedFailure, readonly Finding[]>()
const problems = new Map<InducedFailure, Problem>()
let laptops: readonly Laptop[] = []

beforeAll(async () => {
  // This machine's configuration of AWS must not affect these tests.
  for (const name of ['AWS_CONFIG_FILE', 'AWS_SHARED_CREDENTIALS_FILE']) vi.stubEnv(name, '/dev/null')
  vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true')
  laptops = await Promise.all([startLaptop(), startLaptop(), startLaptop()])
  const open = [
    ...allFailures.map(
      failure => async (laptop: Laptop) => findingsOf.set(failure, await examine(laptop, failure)),
    ),
    ...userCauses.map(cause => async (laptop: Laptop) => problems.set(cause, await ask(laptop, cause))),
  ]
  await Promise.all(
    laptops.map(async laptop => {
      for (let next = open.shift(); next !== undefined; next = open.shift()) await next(laptop)
    }),
  )
}, 240_000)
afterAll(async () => {
  for (const laptop of laptops) await laptop[Symbol.asyncDispose]()
})

/** Starts a laptop and its agent, whose first check of the sidecar has to be over before a test restarts the sidecar. */
async function startLaptop(): Promise<Laptop> {
  const laptop = await Laptop.start()
  await laptop.stack.start('agent', { AGENTS_CONFIG: laptop.agentsFile })
  await askWeather(laptop.stack, 'autonomous')
  return laptop
}

function isCause(failure: InducedFailure): failure is InducedFailure & Cause {
  return failure.flow !== undefined
}

async function examine(laptop: Laptop, failure: InducedFailure): Promise<readonly Finding[]> {
  const { env, weather, options } = failure
  const userToken = await induce(laptop, failure, weather)
  const given = { userToken, patience: failure.hangs ? 1 : 3, ...(await options?.(laptop)) }
  const agents = failure.flow === 'agent-user' ? { AGENTS_CONFIG: laptop.agentsFile } : {}
  return laptop.examine({ ...agents, ...(typeof env === 'function' ? env(laptop) : env) }, given)
}

async function ask(laptop: Laptop, cause: Cause): Promise<Problem> {
  const userToken = await induce(laptop, cause)
  return (await askWeather(laptop.stack, cause.flow, userToken)).body
}

/** What the doctor's users act on when this failure occurs: the first failed check, or the expected warning. */
function verdictOn(failure: InducedFailure): Finding {
  const findings = findingsOf.get(failure) ?? []
  const verdict = findings.find(({ status, code }) =>
    failure.warns ? status === 'WARN' && code === failure.code : status === 'FAIL',
  )
  if (verdict?.code !== failure.code)
    throw new Error(`The doctor does not find that ${failure.what}: ${JSON.stringify(findings)}`)
  return verdict
}

describe('The agent tells a user what is wrong when', () => {
  it.each(userCauses.map(cause => [cause.what, cause] as const))('%s', (_what, cause) => {
    const { code, aadsts } = cause
    const ids = { requestId: expect.any(String), correlationId: expect.any(String) }
    const upstream = aadsts ? { service: 'entra', code: `AADSTS${aadsts}`, ...ids } : { service: 'sidecar' }
    expect(problems.get(cause)).toMatchObject({ code, upstream, hint: expect.stringMatching(/.+[.)]$/) })
  })
})

it('The doctor only warns of a failure with which the agent works for now', () => {
  const findings = allFailures.flatMap(failure => (failure.warns ? (findingsOf.get(failure) ?? []) : []))
  expect(findings.filter(({ status }) => status === 'FAIL')).toEqual([])
})

it('docs/troubleshooting.md has the doctor’s findings on every failure (LONG_TESTS=true vitest -u, npm run troubleshooting)', async () => {
  const sections = inducedFailures.map(
    ([where, failures]) =>
      `### ${where}\n\n${tableOf(failures.map(failure => rowOf(failure.what, verdictOn(failure))))}`,
  )
  await expect(sections.join('\n')).toMatchFileSnapshot(tableFile)
})
