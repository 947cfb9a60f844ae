import { expect, it } from 'vitest'
import { tenantId } from '../../emulators/entra/src/testing/start-entra.ts'
import { useSetUp } from './support/tenant.ts'

const tenant = useSetUp('apply')
const { run, idOf, content } = tenant

/** What a command prints with `--json`: nothing but one document. */
async function runJson(line: string) {
  const { output, said, code } = await run(`${line} --json`)
  return { ...JSON.parse(output), said, code }
}

it('plan --json lists each object with what apply would do to it, and the exit code stays', async () => {
  const { results, said, ...head } = await runJson('plan --agent weather-agent --agent second')
  expect(head).toEqual({ version: 1, command: 'plan', tenantId, code: 0 })
  expect(results).toContainEqual({
    result: 'keep',
    key: 'blueprint',
    title: 'blueprint "Weather Agent Blueprint"',
    id: idOf('blueprint'),
    differences: [],
  })
  expect(results).toContainEqual({
    result: 'create',
    key: 'agent/second',
    title: 'agent identity "second"',
    differences: [],
  })
  expect(said).toContain('Nothing was changed.')
})

it('status --json lists what differs property by property, and what nobody asked for', async () => {
  const blueprint = content().applications.find(({ id }) => id === idOf('blueprint'))
  const foreign = {
    id: 'added',
    name: 'more',
    issuer: 'https://i.example',
    subject: 'else',
    audiences: ['x'],
  }
  Object.assign(blueprint ?? {}, { displayName: 'Renamed', federatedIdentityCredentials: [foreign] })
  const { results, code } = await runJson('status')
  expect(results).toContainEqual({
    result: 'differs',
    key: 'blueprint',
    title: 'blueprint "Weather Agent Blueprint"',
    id: idOf('blueprint'),
    differences: [{ property: 'displayName', found: 'Renamed', wanted: 'Weather Agent Blueprint' }],
  })
  expect(results).toContainEqual(
    expect.objectContaining({
      result: 'extra',
      title: expect.stringMatching(/^federated credential/),
      id: 'added',
    }),
  )
  expect(code).toBe(3)
})

it('destroy --dry-run --json lists what would be deleted and what goes along, and deletes nothing', async () => {
  const { results, said, code } = await runJson('destroy --dry-run')
  expect(results).toContainEqual(expect.objectContaining({ result: 'delete', id: idOf('blueprint') }))
  expect(results).toContainEqual(expect.objectContaining({ result: 'goes along' }))
  expect(said).toContain('Nothing was deleted.')
  expect(code).toBe(0)
  expect(await run('destroy --json')).toMatchObject({
    code: 2,
    output: '',
    said: expect.stringContaining('--json goes with --dry-run here.'),
  })
  expect(tenant.workplace.hasReceipt).toBe(true)
})

it('a failure leaves the standard output empty with --json', async () => {
  expect(await run('status --json --receipt nowhere')).toMatchObject({ code: 2, output: '' })
})
