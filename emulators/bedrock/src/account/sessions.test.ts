import { describe, expect, it } from 'vitest'
import { sessionPrincipal, sessionsOf } from './sessions.ts'

const principal = sessionPrincipal('arn:aws:iam::111122223333:role/team/agent', 'session')

describe('sessions', () => {
  it('are recognised by the session token alone, also after a restart', () => {
    const issued = sessionsOf('secret').issue(principal, 1_000, 60)
    expect(issued).toMatchObject({
      principal: {
        arn: 'arn:aws:sts::111122223333:assumed-role/agent/session',
        policyArn: 'arn:aws:iam::111122223333:role/team/agent',
      },
      expiresAtMs: 61_000,
    })
    expect(sessionsOf('secret').open(issued.sessionToken, issued.accessKeyId)).toEqual(issued)
  })

  it('cannot be changed, forged, or opened with the access key id of another session', () => {
    const sessions = sessionsOf('secret')
    const [one, other] = [sessions.issue(principal, 0, 60), sessions.issue(principal, 0, 60)]
    expect(one.secretAccessKey).not.toBe(other.secretAccessKey)
    expect(sessions.open(one.sessionToken, other.accessKeyId)).toBeUndefined()
    const bytes = Buffer.from(one.sessionToken, 'base64')
    for (const at of [0, 31, 32, bytes.length - 1]) {
      const changed = Buffer.from(bytes)
      changed[at] = (changed[at] ?? 0) ^ 1
      expect(sessions.open(changed.toString('base64'), one.accessKeyId)).toBeUndefined()
    }
    const forged = sessionsOf('other secret').issue(principal, 0, 60)
    expect(sessions.open(forged.sessionToken, forged.accessKeyId)).toBeUndefined()
    expect(sessions.open('', one.accessKeyId)).toBeUndefined()
  })
})
