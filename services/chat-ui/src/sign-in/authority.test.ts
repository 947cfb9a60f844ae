import { describe, expect, it } from 'vitest'
import { PageError } from '../agent/page-problem.ts'
import type { PublicConfig } from '../agent/public-config.ts'
import { standInAuthority } from './authority.ts'

const config: PublicConfig = {
  tenantId: 't',
  authority: 'https://login.localhost/t',
  spaClientId: 'spa',
  scopes: [],
  modes: [],
  flows: [],
  emulated: [],
}

function metadata(base: string) {
  return { token_endpoint: `${base}/token`, authorization_endpoint: `${base}/authorize` }
}

describe('standInAuthority', () => {
  it('adds nothing for Entra itself', () => {
    expect(standInAuthority(config)).toBeUndefined()
  })

  it('makes the stand-in’s authority known, with its endpoints', () => {
    const authorityMetadata = metadata('http://localhost:7001/t')
    expect(standInAuthority({ ...config, authorityMetadata })).toEqual({
      authorityMetadata: JSON.stringify(authorityMetadata),
      knownAuthorities: ['login.localhost'],
    })
  })

  it('refuses endpoints that are not on this machine', () => {
    const authorityMetadata = metadata('http://login.example')
    expect(() => standInAuthority({ ...config, authorityMetadata })).toThrow(PageError)
  })

  it('refuses metadata without endpoints', () => {
    expect(() => standInAuthority({ ...config, authorityMetadata: '{}' })).toThrow(PageError)
  })
})
