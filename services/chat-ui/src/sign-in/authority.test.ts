import { publicConfig } from '@entra-agents/trace-view/testing/public-config'
import { describe, expect, it } from 'vitest'
import { PageError } from '../agent/page-problem.ts'
import { emulatorAuthority } from './authority.ts'

const config = { ...publicConfig, authority: 'https://login.localhost/t' }

function metadata(base: string) {
  return JSON.stringify({ token_endpoint: `${base}/token`, authorization_endpoint: `${base}/authorize` })
}

describe('emulatorAuthority', () => {
  it('returns nothing for Entra itself, which MSAL knows', () => {
    expect(emulatorAuthority(config)).toBeUndefined()
  })

  it('makes the emulator’s authority and its endpoints known to MSAL', () => {
    const authorityMetadata = metadata('http://localhost:7001/t')
    expect(emulatorAuthority({ ...config, authorityMetadata })).toEqual({
      authorityMetadata,
      knownAuthorities: ['login.localhost'],
    })
  })

  it('refuses endpoints whose host is not this machine', () => {
    const authorityMetadata = metadata('http://login.example')
    expect(() => emulatorAuthority({ ...config, authorityMetadata })).toThrow(PageError)
  })

  it('refuses metadata without endpoints', () => {
    expect(() => emulatorAuthority({ ...config, authorityMetadata: '{}' })).toThrow(PageError)
  })
})
