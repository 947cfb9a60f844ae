import { resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import type { Finding } from '../../scripts/doctor/finding.ts'
import { type InducedFailure, inducedFailures } from './support/faults.ts'
import { Laptop, type Variables } from './support/laptop.ts'
import { rowOf, tableOf } from './support/table.ts'

const table = resolve(import.meta.dirname, '../../scripts/troubleshooting/induced-failures.md')
const all = inducedFailures.flatMap(([where, failures]) =>
  failures.map(failure => [`${where}: ${failure.what}`, failure] as const),
)
const seen = new Map<InducedFailure, readonly Finding[]>()
let laptops: readonly Laptop[] = []

beforeAll(async () => {
  // What this machine knows of AWS is no matter of these tests.
  for (const name of ['AWS_CONFIG_FILE', 'AWS_SHARED_CREDENTIALS_FILE']) vi.stubEnv(name, '/dev/null')
  vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true')
  laptops = await Promise.all([Laptop.start(), Laptop.start(), Laptop.start()])
  const open = all.map(([, failure]) => failure)
  await Promise.all(
    laptops.map(async laptop => {
      for (let failure = open.shift(); failure !== undefined; failure = open.shift()) {
        seen.set(failure, await examine(laptop, failure))
      }
    }),
  )
}, 240_000)
afterAll(async () => {
  for (const laptop of laptops) await laptop[Symbol.asyncDispose]()
})

async function examine(laptop: Laptop, { env, sidecar, weather, change, options }: InducedFailure) {
  const resolved = (variables: Variables | ((laptop: Laptop) => Variables) = {}) =>
    typeof variables === 'function' ? variables(laptop) : variables
  await laptop.startAfresh(resolved(sidecar), weather)
  const given = { userToken: await laptop.token(), ...(await options?.(laptop)) }
  await change?.(laptop)
  return laptop.examine(resolved(env), given)
}

/** What the doctor says first of a failure: that is what people act on. */
function verdictOn(failure: InducedFailure): Finding {
  const findings = seen.get(failure) ?? []
  const isVerdict = ({ status, code }: Finding) =>
    failure.warns ? status === 'WARN' && code === failure.code : status === 'FAIL'
  const verdict = findings.find(isVerdict)
  if (!verdict) throw new Error(`The doctor found nothing: ${JSON.stringify(findings)}`)
  return verdict
}

describe('The doctor names what is wrong when', () => {
  it.each(all)('%s', (_what, failure) => {
    const { code, detail, hint } = verdictOn(failure)
    expect({ code, detail }).toMatchObject({ code: failure.code })
    if (failure.aadsts) expect(detail).toContain(`(AADSTS${failure.aadsts})`)
    expect(hint).not.toBe('')
  })

  it('a failure is only a warning, and then says nothing else', () => {
    for (const [, failure] of all.filter(([, { warns }]) => warns)) {
      const findings = seen.get(failure) ?? []
      expect(findings.filter(({ status }) => status === 'FAIL')).toEqual([])
    }
  })

  it('somebody looks it up in docs/troubleshooting.md (vitest -u, npm run troubleshooting)', async () => {
    const sections = inducedFailures.map(
      ([where, failures]) =>
        `### ${where}\n\n${tableOf(failures.map(failure => rowOf(failure.what, verdictOn(failure))))}`,
    )
    await expect(sections.join('\n')).toMatchFileSnapshot(table)
  })
})
