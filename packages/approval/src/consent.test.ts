import { type DownstreamApi, neededRight } from '@entra-agents/identity/core'
import { agent, ordersApi as api } from '@entra-agents/identity/testing/fixtures'
import { describe, expect, it } from 'vitest'
import { describeConsent } from './consent.ts'

const redirectUri = 'https://agent.example/auth/consent.html'

const mcpApi = { ...api, name: 'notes', permissions: undefined }
const named = { ...mcpApi, scopes: ['Notes.Read', 'Notes.Write'] }

function scopesOf(permission: string, called: DownstreamApi) {
  const right = neededRight(called, 'obo', permission)
  if (!right) throw new Error('No right is missing.')
  const { url, adminUrl, scopes } = describeConsent(agent, called, right, redirectUri, undefined)
  const asked = [url, adminUrl].map(text => new URL(text).searchParams.get('scope'))
  return { asked: [...new Set(asked)], shown: scopes.map(({ value }) => value) }
}

const fullScope = (name: string) => `api://${api.appId}/${name}`

describe('The consent that a user is asked for', () => {
  // biome-ignore format: table
  it.each<[string, string, DownstreamApi, string[]]>([
    ['one configured scope', 'Notes.Read', named, ['Notes.Read']],
    ['several configured scopes', 'Notes.Read, Notes.Write', named, ['Notes.Read', 'Notes.Write']],
    ['a configured scope by its full name', fullScope('Notes.Read'), named, ['Notes.Read']],
    ['also a scope of another API', 'Notes.Read, https://graph.microsoft.com/Mail.Read', named, ['Notes.Read']],
    ['also scopes that are not configured', 'Notes.Read, Admin.Everything, offline_access, openid', named, ['Notes.Read']],
    ['only scopes that are not configured', 'Admin.Everything', named, ['Notes.Read', 'Notes.Write']],
    ['a scope, but the configuration names none', 'Admin.Everything', mcpApi, ['.default']],
    ['another scope than the one in the code of the agent’s tools', 'Admin.Everything', api, ['Orders.Read']],
  ])('is only for scopes that the configuration names if the API demands %s', (_what, permission, called, names) => {
    expect(scopesOf(permission, called)).toEqual({ asked: [names.map(fullScope).join(' ')], shown: names })
  })
})
