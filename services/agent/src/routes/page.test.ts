import { mkdirSync, writeFileSync } from 'node:fs'
import { join, posix, win32 } from 'node:path'
import { temporaryFolder } from '@entra-agents/service-kit/testing/temporary-file'
import type { FastifyInstance } from 'fastify'
import { expect, it } from 'vitest'
import { buildApp } from '../app.ts'
import { readConfig } from '../config.ts'
import { neededVariables } from '../testing/needed-variables.ts'
import { headersOf } from './page.ts'

async function withPage<Result>(
  page: string,
  use: (app: FastifyInstance) => Promise<Result>,
): Promise<Result> {
  const app = await buildApp(readConfig({ ...neededVariables, CHAT_UI_DIR: page, LOG_LEVEL: 'silent' }))
  return use(app).finally(() => app.close())
}

const folder = temporaryFolder()
for (const name of ['assets', 'auth']) mkdirSync(join(folder, name))
writeFileSync(join(folder, 'index.html'), 'The page')
writeFileSync(join(folder, 'auth/redirect.html'), 'The page on which the sign-in popup ends')
writeFileSync(join(folder, 'assets/index-a1b2c3.js'), 'A file with a content hash in its name')
writeFileSync(join(folder, 'assets/inter-d4e5f6.woff2'), 'A font')
writeFileSync(join(folder, 'favicon.svg'), 'An icon')

const measured = new Set(['date', 'content-length', 'etag', 'last-modified', 'x-request-id'])

/** The response to a request of the page's own origin, or of another site that a browser leaves for this address. */
async function describeResponse(app: FastifyInstance, url: string): Promise<string> {
  const fetched = { origin: 'http://localhost' }
  const popup = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' }
  const { statusCode, headers, body } = await app.inject({
    url,
    headers: url.startsWith('/auth') ? popup : fetched,
  })
  const lines = Object.entries(headers)
    .filter(([name]) => !measured.has(name))
    .flatMap(([name, value]) => `${name}: ${value}`.replaceAll('; ', `;\n    `))
    .toSorted()
  return [`# ${url}: ${statusCode}`, ...lines, '', statusCode < 400 ? body : 'A problem', ''].join('\n')
}

it('The page may load only its own files, connect only to the agent and Entra, and turn no string into code; only files with a content hash are cached for ever; scripts, styles and fonts have no policy', async () => {
  const urls = [
    '/',
    '/assets/index-a1b2c3.js',
    '/assets/inter-d4e5f6.woff2',
    '/favicon.svg',
    '/auth/redirect.html?code=secret',
  ]
  await withPage(folder, async app => {
    const blocks: string[] = []
    for (const url of urls) blocks.push(await describeResponse(app, url))
    await expect(blocks.join('\n')).toMatchFileSnapshot('page.txt')
  })
})

it.each([
  ['br', 'br'],
  ['gzip', 'gz'],
])('A copy in the encoding %s has the headers of its file', async (encoding, extension) => {
  const names = ['index.html', 'assets/index-a1b2c3.js', 'favicon.svg']
  for (const name of names) writeFileSync(join(folder, `${name}.${extension}`), 'A copy')
  await withPage(folder, async app => {
    for (const url of names) {
      const { headers } = await app.inject({ url })
      const copy = await app.inject({ url, headers: { 'accept-encoding': encoding } })
      expect(copy.headers).toMatchObject({
        ...Object.fromEntries(Object.entries(headers).filter(([name]) => !measured.has(name))),
        'content-encoding': encoding,
      })
      expect(copy.headers['content-security-policy']).toBe(headers['content-security-policy'])
    }
  })
})

it('No file outside the page’s folder is served', async () => {
  await withPage(folder, async app => {
    for (const url of ['/../package.json', '/..%2fpackage.json', '/assets/..%2f..%2fpackage.json', '/.env'])
      expect((await app.inject(url)).statusCode).toBeGreaterThanOrEqual(400)
  })
})

it.each([
  ['POSIX', posix, '/srv/page'],
  ['Windows', win32, 'C:\\agent\\page'],
])('Files of the page have the same headers where paths are those of %s', (_system, paths, root) => {
  const headersAt = (...file: string[]) => headersOf(paths.join(root, ...file), root, { of: 'page' }, paths)
  const bridge = headersAt('auth', 'redirect.html')
  expect(bridge).toEqual(headersOf('/auth/redirect.html', '/', { of: 'page' }, posix))
  expect(bridge).not.toHaveProperty('cache-control')
  expect(bridge).not.toHaveProperty('of')
  const forEver = 'public, max-age=31536000, immutable'
  expect(headersAt('assets', 'index-a1b2c3.js')).toEqual({ 'cache-control': forEver })
  expect(headersAt('index.html')).toEqual({ of: 'page', 'cache-control': 'no-cache' })
})

it('A page that was not built is replaced by a page that says how to build it, and the rest of the agent works', async () => {
  await withPage(join(folder, 'nothing'), async bare => {
    const { statusCode, body } = await bare.inject('/')
    expect(statusCode).toBe(200)
    expect(body).toContain('npm run build:page')
    expect((await bare.inject('/livez')).statusCode).toBe(200)
    expect((await bare.inject('/auth/redirect.html')).statusCode).toBe(404)
  })
})
