import { expect, it } from 'vitest'
import { neededRight, offeredFlows } from './flows.ts'
import { agent, ordersApi } from './testing/fixtures.ts'

it('Flows on behalf of a user are offered only with the page’s registration, and only those that the agent has', () => {
  expect(offeredFlows(agent, undefined)).toEqual(agent.flows.filter(flow => flow !== 'obo'))
  expect(offeredFlows(agent, 'spa-client-id')).toEqual(agent.flows)
  expect(offeredFlows({ ...agent, flows: ['obo'] }, undefined)).toEqual([])
})

it('The right that a call needs is the configured one, or the one that the API tells, as far as it is configured', () => {
  const needed = (flow: 'autonomous' | 'obo', api: Partial<typeof ordersApi>, told?: string) => {
    const right = neededRight({ ...ordersApi, ...api }, flow, told)
    return right && `${right.kind} ${right.permission}`
  }
  const untold = { permissions: undefined }
  const scoped = { ...untold, scopes: ['Orders.Read', 'Orders.Write'] }
  expect(needed('autonomous', {}, 'Other')).toBe('role Orders.Read.All')
  expect(needed('obo', {}, 'Other')).toBe('scope Orders.Read')
  expect(needed('obo', untold)).toBeUndefined()
  expect(needed('obo', untold, 'Any.Scope')).toBe('scope Any.Scope')
  expect(needed('obo', scoped)).toBe('scope Orders.Read, Orders.Write')
  expect(needed('obo', scoped, 'Orders.Write, Mail.Read')).toBe('scope Orders.Write')
  expect(needed('obo', scoped, `api://${ordersApi.appId}/Orders.Read`)).toBe('scope Orders.Read')
  expect(needed('obo', scoped, 'Mail.Read')).toBe('scope Orders.Read, Orders.Write')
  expect(needed('autonomous', scoped, 'Any.Role')).toBe('role Any.Role')
})
