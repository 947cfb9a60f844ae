import { expect, it } from 'vitest'
import { PageError, pageProblem } from '../agent/page-problem.ts'
import { describeFailure, type IdentityFailure, toPageError } from './failures.ts'

const interaction = 'InteractionRequiredAuthError'

it.each<[string, Partial<IdentityFailure>, string]>(
  // biome-ignore format: table
  [
    ['a blocked window', { errorCode: 'popup_window_error' }, 'POPUP_BLOCKED'],
    ['a cancelled sign-in', { errorCode: 'user_cancelled' }, 'SIGN_IN_CANCELLED'],
    ['access denied by the user', { errorCode: 'access_denied' }, 'SIGN_IN_CANCELLED'],
    ['declined consent', { errorCode: 'access_denied', errorNo: '65004' }, 'SIGN_IN_CANCELLED'],
    ['a window that timed out', { errorCode: 'timed_out' }, 'SIGN_IN_TIMED_OUT'],
    ['missing consent', { name: interaction, errorCode: 'invalid_grant', subError: 'consent_required' }, 'CONSENT_NEEDED'],
    ['missing consent without a suberror', { errorCode: 'invalid_grant', errorNo: '65001' }, 'CONSENT_NEEDED'],
    ['a refresh token that is no longer valid', { name: interaction, errorCode: 'invalid_grant', subError: 'bad_token' }, 'SESSION_EXPIRED'],
    ['a second factor', { name: interaction, errorCode: 'interaction_required' }, 'SIGN_IN_INTERACTION_REQUIRED'],
    ['a refresh token that Entra rejects', { errorCode: 'invalid_grant' }, 'SESSION_EXPIRED'],
    ['storage without room', { errorCode: 'cache_quota_exceeded' }, 'SIGN_IN_NO_ROOM'],
    ['a page without https', { errorCode: 'crypto_nonexistent' }, 'PAGE_NOT_SECURE'],
    ['a network that is down', { errorCode: 'post_request_failed' }, 'SIGN_IN_UNREACHABLE'],
    ['anything else', { errorCode: 'invalid_client', errorNo: '7000218' }, 'SIGN_IN_FAILED'],
  ],
)('A failure of sign-in is recognised: %s', (_what, failure, code) => {
  expect(describeFailure({ name: 'ServerError', errorCode: '', ...failure }).code).toBe(code)
})

it('A failure of sign-in keeps the challenge of Conditional Access', () => {
  const failure = { name: interaction, errorCode: 'interaction_required', claims: '{"access_token":{}}' }
  const challenge = { code: 'SIGN_IN_INTERACTION_REQUIRED', claimsChallenge: '{"access_token":{}}' }
  expect(describeFailure(failure)).toMatchObject(challenge)
})

it('A failure of sign-in names the AADSTS number, and says where to look it up', () => {
  const failure = { name: 'ServerError', errorCode: 'invalid_client' }
  expect(describeFailure(failure).hint).toBe('Reload the page and sign in again.')
  const { detail, hint } = describeFailure({ ...failure, errorNo: '7000218' })
  expect(detail).toBe('Entra ID said invalid_client, AADSTS7000218.')
  expect(hint).toContain('look AADSTS7000218 up')
})

it('An error of the page stays as it is; the message of an unknown one, which could contain anything, is never shown', () => {
  const error = new PageError(pageProblem('POPUP_BLOCKED'))
  expect(toPageError(error)).toBe(error)
  const full = new DOMException('Setting the value exceeded the quota.', 'QuotaExceededError')
  expect(toPageError(full).problem.code).toBe('SIGN_IN_NO_ROOM')
  const unknown = { code: 'SIGN_IN_FAILED', detail: 'TypeError' }
  expect(toPageError(new TypeError('secret')).problem).toMatchObject(unknown)
})
