import { expect, it } from 'vitest'
import { logQueries } from './log-queries.ts'

it('The log queries of a step look for a token request in Entra’s sign-in logs by all known ids, and for a model call in CloudTrail', () => {
  const tables = 'AADServicePrincipalSignInLogs, AADNonInteractiveUserSignInLogs, SigninLogs'
  const condition = '| where CorrelationId == "c-1" or UniqueTokenIdentifier == "u-1"'
  expect(logQueries({ correlationId: 'c-1', tokenId: 'u-1' })).toEqual([
    { log: 'Entra’s sign-in logs', text: `union isfuzzy=true ${tables}\n${condition}` },
  ])
  expect(logQueries({ entraRequestId: 'r-1' })[0]?.text).toContain('| where Id == "r-1"')
  const text = expect.stringContaining("contains(CloudTrailEvent, 'a-1')")
  expect(logQueries({ awsRequestId: 'a-1' })).toEqual([{ log: 'CloudTrail', text }])
  expect(logQueries({})).toEqual([])
})
