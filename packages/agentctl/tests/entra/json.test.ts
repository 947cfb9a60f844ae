import { expect, it } from 'vitest'
import { useSetUp } from './support/tenant.ts'

const tenant = useSetUp('apply')
const { run, idOf, content, expectShown } = tenant

it('plan --json lists each object with what apply would do to it', () =>
  expectShown('json-plan', 'plan --agent weather-agent --agent second --json'))

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
  await expectShown('json-status', 'status --json')
})

it('destroy --dry-run --json lists what would be deleted and what goes along, and deletes nothing', () =>
  expectShown('json-destroy', 'destroy --dry-run --json', 'destroy --json'))

it('a failure leaves the standard output empty with --json', async () => {
  expect(await run('status --json --receipt nowhere')).toMatchObject({ code: 2, output: '' })
})
