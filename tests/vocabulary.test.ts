import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { callerKinds } from '@entra-agents/tokens'
import { flowNames } from '@entra-agents/trace'
import { describe, expect, it } from 'vitest'

const root = resolve(import.meta.dirname, '..')

/** One thing has one word. These other words for it may stand in this file only. */
const avoidedWords: readonly (readonly [word: RegExp, instead: string])[] = [
  [/stand-ins?\b/i, 'emulator'],
  [/\bpersons?\b|\bperson[A-Z]|[a-z]Person\b/, 'user'],
]

function trackedFiles(pattern: RegExp): string[] {
  return execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
    cwd: root,
    encoding: 'utf8',
  })
    .split('\n')
    .filter(path => pattern.test(path) && path !== 'tests/vocabulary.test.ts')
}

function linesWith(word: RegExp, paths: readonly string[]): string[] {
  return paths.flatMap(path =>
    readFileSync(resolve(root, path), 'utf8')
      .split('\n')
      .map((line, index) => `${path}:${index + 1}: ${line.trim()}`)
      .filter(line => word.test(line.slice(line.indexOf(': ')))),
  )
}

describe('the vocabulary', () => {
  const files = trackedFiles(
    /^(packages|services|emulators|scripts|tests|charts|detections)\/.*\.(tsx?|ya?ml|tpl|kql|py)$|^(README|detections\/README|docs\/.*)\.md$|^\.env\.example$/,
  )

  it('has the same flows for the agent and for the check of tokens at APIs', () => {
    const flowsOfCallers = new Set(Object.values(callerKinds).map(({ flow }) => flow))
    expect(flowsOfCallers).toEqual(new Set(flowNames))
  })

  it.each(avoidedWords)('avoids words like %s in favour of “%s”', word => {
    expect(files.length).toBeGreaterThan(200)
    expect(linesWith(word, files)).toEqual([])
  })

  it('of agent and page never says “weather”, except in the weather tools and configuration', () => {
    const ownFiles = trackedFiles(/^services\/(agent|chat-ui)\/.*\.(tsx?|html|css)$/).filter(
      path => !/\.test\.tsx?$|\/testing\/|\/tools\/weather\/|\/src\/config\.ts$/.test(path),
    )
    expect(ownFiles.length).toBeGreaterThan(100)
    expect(linesWith(/weather/i, ownFiles)).toEqual([])
  })
})
