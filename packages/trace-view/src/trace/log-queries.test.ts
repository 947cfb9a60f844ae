import { describe, expect, it } from 'vitest'
import { logQueries } from './log-queries.ts'

describe('The log queries of a step', () => {
  it('look for a token request in every sign-in log of Entra, by all ids that are known', () => {
    expect(logQueries({ correlationId: 'c-1', tokenId: 'u-1' })).toEqual([
      {
        log: 'Entra’s sign-in logs',
        text: [
          'union isfuzzy=true AADServicePrincipalSignInLogs, AADNonInteractiveUserSignInLogs, SigninLogs',
          '| where CorrelationId == "c-1" or UniqueTokenIdentifier == "u-1"',
        ].join('\n'),
      },
    ])
    expect(logQueries({ entraRequestId: 'r-1' })[0]?.text).toContain('| where Id == "r-1"')
  })

  it('look for a model call in CloudTrail by the id of its request', () => {
    const [query] = logQueries({ awsRequestId: 'a-1' })
    expect(query?.log).toBe('CloudTrail')
    expect(query?.text).toContain("contains(CloudTrailEvent, 'a-1')")
  })

  it('are empty if the step has no ids', () => {
    expect(logQueries({})).toEqual([])
  })
})
