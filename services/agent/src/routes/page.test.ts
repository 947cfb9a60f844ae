import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, posix, win32 } from 'node:path'
import type { FastifyInstance } from 'fastify'
import { afterAll, describe, expect, it } from 'vitest'
import { buildApp } from '../app.ts'
import { readConfig } from '../config.ts'
import { neededVariables } from '../testing/needed-variables.ts'
import { headersOf } from './page.ts'

function buildPageApp(pageFolder: string): Promise<FastifyInstance> {
  return buildApp(readConfig({ ...neededVariables, CHAT_UI_DIR: pageFolder, LOG_LEVEL: 'silent' }))
}

const folder = await mkdtemp(join(tmpdir(), 'page-'))
await mkdir(join(folder, 'assets'))
await mkdir(join(folder, 'auth'))
await writeFile(join(folder, 'index.html'), '<!doctype html><title>Page</title>')
await writeFile(join(folder, 'auth/redirect.html'), '<!doctype html><title>Bridge</title>')
await writeFile(join(folder, 'assets/index-a1b2c3.js'), 'export {}')
await writeFile(join(folder, 'favicon.svg'), '<svg/>')
const app = await buildPageApp(folder)
afterAll(async () => {
  await app.close()
  await rm(folder, { recursive: true })
})

/** The sources in a Content-Security-Policy, by the name of the directive. */
function policyOf(header: unknown): Record<string, string> {
  const directives = String(header).split(';')
  return Object.fromEntries(directives.map(directive => directive.trim().split(/ (.*)/s, 2)))
}

describe('The page', () => {
  it('is served at /, and caches have to revalidate it', async () => {
    const { statusCode, headers, body } = await app.inject('/')
    expect(statusCode).toBe(200)
    expect(headers['content-type']).toContain('text/html')
    expect(headers['cache-control']).toBe('no-cache')
    expect(body).toContain('<title>Page</title>')
  })

  it('may load only its own files, connect only to the agent and Entra, and turn no string into code', async () => {
    const { headers } = await app.inject('/')
    expect(policyOf(headers['content-security-policy'])).toEqual({
      'default-src': "'none'",
      'script-src': "'self'",
      'style-src': "'self'",
      'img-src': "'self' data:",
      'connect-src': "'self' https://login.microsoftonline.com",
      'frame-src': "'none'",
      'base-uri': "'none'",
      'form-action': "'none'",
      'frame-ancestors': "'none'",
      'require-trusted-types-for': "'script'",
      'trusted-types': "'none'",
    })
  })

  it('has further security headers, can watch its sign-in popup, and is not shared with other origins', async () => {
    const { headers } = await app.inject({ url: '/', headers: { origin: 'http://localhost' } })
    expect(headers).toMatchObject({
      'cross-origin-opener-policy': 'same-origin-allow-popups',
      'cross-origin-resource-policy': 'same-origin',
      'permissions-policy': expect.stringContaining('camera=()'),
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
    })
    expect(Object.keys(headers).filter(name => name.startsWith('access-control-'))).toEqual([])
    expect(headers['strict-transport-security']).toBeUndefined()
  })

  it('lets only files with a content hash in their name be cached for ever', async () => {
    const hashed = await app.inject('/assets/index-a1b2c3.js')
    expect(hashed.headers['cache-control']).toBe('public, max-age=31536000, immutable')
    const icon = await app.inject('/favicon.svg')
    expect(icon.headers['cache-control']).toBe('no-cache')
    expect(icon.headers['content-type']).toContain('image/svg+xml')
  })

  it('serves no file outside its folder', async () => {
    for (const url of ['/../package.json', '/..%2fpackage.json', '/assets/..%2f..%2fpackage.json', '/.env']) {
      expect((await app.inject(url)).statusCode).toBeGreaterThanOrEqual(400)
    }
  })
})

describe('The page on which the sign-in popup ends', () => {
  it('can be opened from Entra, makes no connections, keeps its opener, and is not stored', async () => {
    const { statusCode, headers, body } = await app.inject({
      url: '/auth/redirect.html?code=secret',
      headers: {
        'sec-fetch-site': 'cross-site',
        'sec-fetch-mode': 'navigate',
        'sec-fetch-dest': 'document',
      },
    })
    expect(statusCode).toBe(200)
    expect(body).toContain('<title>Bridge</title>')
    expect(headers['cross-origin-opener-policy']).toBeUndefined()
    expect(headers['cache-control']).toBe('no-store')
    const policy = policyOf(headers['content-security-policy'])
    expect(policy).toMatchObject({
      'default-src': "'none'",
      'script-src': "'self'",
      'require-trusted-types-for': "'script'",
    })
    for (const absent of ['connect-src', 'style-src', 'frame-src']) expect(policy).not.toHaveProperty(absent)
  })
})

describe('Files of the page', () => {
  it.each([
    ['POSIX', posix, '/srv/page'],
    ['Windows', win32, 'C:\\agent\\page'],
  ])('have the same headers where paths are those of %s', (_system, paths, root) => {
    const headersAt = (...file: string[]) => headersOf(paths.join(root, ...file), root, { of: 'page' }, paths)
    expect(headersAt('auth', 'redirect.html')).toEqual(
      headersOf('/auth/redirect.html', '/', { of: 'page' }, posix),
    )
    expect(headersAt('auth', 'redirect.html')).not.toHaveProperty('cache-control')
    expect(headersAt('auth', 'redirect.html')).not.toHaveProperty('of')
    expect(headersAt('assets', 'index-a1b2c3.js')).toEqual({
      of: 'page',
      'cache-control': 'public, max-age=31536000, immutable',
    })
    expect(headersAt('index.html')).toEqual({ of: 'page', 'cache-control': 'no-cache' })
  })
})

describe('A page that was not built', () => {
  it('is replaced by a page that says how to build it, and the rest of the agent works', async () => {
    const bare = await buildPageApp(join(folder, 'nothing'))
    const { statusCode, body } = await bare.inject('/')
    expect(statusCode).toBe(200)
    expect(body).toContain('npm run build:page')
    expect((await bare.inject('/livez')).statusCode).toBe(200)
    expect((await bare.inject('/auth/redirect.html')).statusCode).toBe(404)
    await bare.close()
  })
})
