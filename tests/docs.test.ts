import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { troubleshootingFile, troubleshootingPage } from '../scripts/troubleshooting/page.ts'

const root = resolve(import.meta.dirname, '..')
const read = (path: string) => readFileSync(resolve(root, path), 'utf8')

describe('the documentation', () => {
  it('lists every problem of the catalogues (npm run troubleshooting)', () => {
    expect(readFileSync(troubleshootingFile, 'utf8')).toBe(troubleshootingPage())
  })

  it('names only make targets that exist', () => {
    const targets = new Set([...read('Makefile').matchAll(/^([a-z-]+):/gm)].map(match => match[1]))
    const named = ['README.md', 'CONTRIBUTING.md'].flatMap(path =>
      [...read(path).matchAll(/\bmake ([a-z-]+)/g)].map(match => match[1]),
    )
    expect(named.length).toBeGreaterThan(0)
    expect(named.filter(target => !targets.has(target))).toEqual([])
  })

  it('explains every variable that a service reads in .env.example or the configuration page', () => {
    const explained = `${read('.env.example')}\n${read('docs/configuration.md')}`
    const configs = [
      'services/agent/src/config.ts',
      'services/agent/src/bedrock/config.ts',
      'services/weather-api/src/config.ts',
    ]
    const variables = configs.flatMap(path =>
      [...read(path).matchAll(/'([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+|PORT|HOST)'/g)].map(match => match[1] ?? ''),
    )
    expect(variables.length).toBeGreaterThan(20)
    expect(variables.filter(name => !new RegExp(`\\b${name}\\b`).test(explained))).toEqual([])
  })

  it('links only to files that exist', () => {
    const pages = [
      'README.md',
      'CONTRIBUTING.md',
      'SECURITY.md',
      'docs/architecture.md',
      'docs/bedrock.md',
      'docs/kubernetes.md',
    ]
    const links = pages.flatMap(page =>
      [...read(page).matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(match =>
        resolve(root, page, '..', match[1] ?? ''),
      ),
    )
    expect(links.length).toBeGreaterThan(0)
    for (const link of links) expect(() => readFileSync(link)).not.toThrow()
  })
})
