import { describe, expect, it } from 'vitest'
import { agent, weatherApi as api } from '../identity/testing/fixtures.ts'
import { describeConsent } from './consent.ts'

const redirectUri = 'https://agent.example/auth/consent.html'

function scopesOf(permission: string) {
  const right = { api: api.name, permission, kind: 'scope' } as const
  const { url, adminUrl, scopes } = describeConsent(agent, api, right, redirectUri, undefined)
  const asked = [url, adminUrl].map(text => new URL(text).searchParams.get('scope'))
  return { asked: [...new Set(asked)], shown: scopes.map(({ value }) => value) }
}

const fullScope = (name: string) => `api://${api.appId}/${name}`

describe('The consent that a user is asked for', () => {
  it.each([
    ['one scope', 'Notes.Read', ['Notes.Read']],
    ['several scopes', 'Notes.Read, Notes.Write', ['Notes.Read', 'Notes.Write']],
    ['a scope by its full name', fullScope('Notes.Read'), ['Notes.Read']],
    ['also a scope of another API', 'Notes.Read, https://graph.microsoft.com/Mail.Read', ['Notes.Read']],
    ['only a scope of another API', 'https://graph.microsoft.com/Mail.Read', ['.default']],
  ])('is only for scopes of the called API if that API names %s', (_what, permission, names) => {
    expect(scopesOf(permission)).toEqual({ asked: [names.map(fullScope).join(' ')], shown: names })
  })
})
