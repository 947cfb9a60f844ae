import { afterEach, describe, expect, it, vi } from 'vitest'
import { createAgentStatus } from './agent-status.ts'

/** Requests of the status that are answered in any order. */
function stubRequests() {
  const requests: PromiseWithResolvers<Response>[] = []
  vi.stubGlobal('fetch', () => {
    const request = Promise.withResolvers<Response>()
    requests.push(request)
    return request.promise
  })
  return requests
}

describe('the agent’s status', () => {
  afterEach(() => {
    vi.unstubAllGlobals()
  })

  it('is that of the latest request, even if the answer to an earlier one comes later', async () => {
    const requests = stubRequests()
    const { status, statusProblem, refreshStatus } = createAgentStatus()
    const [first, second, third] = [refreshStatus(), refreshStatus(), refreshStatus()]
    requests[1]?.resolve(Response.json({ version: 'second' }))
    await second
    requests[0]?.reject(new TypeError('Failed to fetch'))
    await first
    expect([status.value?.version, statusProblem.value]).toEqual(['second', undefined])
    const fourth = refreshStatus()
    requests[3]?.reject(new TypeError('Failed to fetch'))
    await fourth
    requests[2]?.resolve(Response.json({ version: 'third' }))
    await third
    expect([status.value, statusProblem.value?.code]).toEqual([undefined, 'AGENT_UNREACHABLE'])
  })
})
