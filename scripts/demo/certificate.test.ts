import { X509Certificate } from 'node:crypto'
import { readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:https'
import { readEnvironment, type Variables } from '@entra-agents/service-kit'
import { temporaryFile } from '@entra-agents/service-kit/testing/temporary-file'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { makeServerCertificate } from '../../emulators/entra/src/keys/certificate.ts'
import { readEntraTls } from './certificate.ts'
import { fileOfDemo } from './files.ts'
import { environments } from './testing/environments.ts'

// Nothing listens there: the port only names the files.
const port = 1
const readFiles = (variables: Variables = {}) => {
  const tls = readEnvironment({ ENTRA_TLS: 'true', ...variables }, env => readEntraTls(env, port))
  return { key: String(tls?.server.TLS_KEY_FILE), trusted: String(tls?.client.NODE_EXTRA_CA_CERTS) }
}
const subjectOf = (file: string) => new X509Certificate(readFileSync(file)).subject
const serialOf = (file: string) => new X509Certificate(readFileSync(file)).serialNumber

afterEach(() => {
  vi.useRealTimers()
  for (const part of ['key', 'ca']) rmSync(fileOfDemo(`entra-${port}-${part}.pem`), { force: true })
})

describe('The certificate of the demo’s Entra', () => {
  it('is kept between starts, with a key that only its owner can read', () => {
    const { key, trusted } = readFiles()
    const serial = serialOf(key)
    expect(readFiles()).toEqual({ key, trusted })
    expect([serialOf(key), serialOf(trusted)]).toEqual([serial, serial])
    expect(readFileSync(trusted, 'utf8')).not.toContain('PRIVATE')
    if (process.platform !== 'win32') expect(statSync(key).mode & 0o777).toBe(0o600)
  })

  it('is made anew a week before it expires, and if its file is broken or for other names', () => {
    const { key } = readFiles()
    const first = serialOf(key)
    vi.useFakeTimers({ now: Date.now() + 357 * 86_400_000 })
    expect(serialOf(readFiles().key)).toBe(first)
    vi.advanceTimersByTime(2 * 86_400_000)
    const second = serialOf(readFiles().key)
    expect(second).not.toBe(first)
    vi.useRealTimers()
    const other = makeServerCertificate(['localhost', 'other.example'])
    for (const content of ['no PEM', `${other.certificate}${other.key}`]) {
      writeFileSync(key, content)
      readFiles()
      expect(new X509Certificate(readFileSync(key)).subjectAltName).toBe('DNS:localhost')
      createServer({ cert: readFileSync(key), key: readFileSync(key) })
    }
  })

  it('is trusted beside the certificates that the user names, by all processes', () => {
    const company = temporaryFile('company.pem')
    writeFileSync(company, makeServerCertificate(['localhost']).certificate)
    const variables = { ENTRA_TLS: 'true', ENTRA_PORT: String(port), NODE_EXTRA_CA_CERTS: company }
    const all = environments({ ...variables, MCP_CONFIG: 'tests/support/no-servers.json' }, [])
    const { trusted, key } = readFiles(variables)
    expect(readFileSync(trusted, 'utf8')).toContain(readFileSync(company, 'utf8'))
    expect(Object.values(all).map(env => env['NODE_EXTRA_CA_CERTS'])).toEqual(Array(4).fill(trusted))
    // OpenSSL would confuse two of one name.
    expect(subjectOf(trusted)).not.toBe(subjectOf(company))
    const holders = Object.entries(all).filter(([, env]) => Object.values(env).includes(key))
    expect(holders.map(([name]) => name)).toEqual(['entra'])
    expect(all['agent']?.['ENTRA_AUTHORITY']).toBe(`https://localhost:${port}`)
  })

  it.each([
    [{ ENTRA_TLS: 'yes' }, 'ENTRA_TLS must be true or false; it is "yes".'],
    [
      { NODE_EXTRA_CA_CERTS: '/nowhere.pem' },
      'NODE_EXTRA_CA_CERTS names /nowhere.pem, which cannot be read.',
    ],
  ])('is not made for faulty settings %o', (variables, fault) => {
    expect(() => readFiles(variables)).toThrow(fault)
  })
})
