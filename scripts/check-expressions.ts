import { globSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Parameters } from 'recheck'
import { parseAst } from 'rolldown/parseAst'

interface Literal {
  readonly start: number
  readonly regex: { readonly pattern: string; readonly flags: string }
}

// The checker in JavaScript: the others need Java, or a program for each system.
Object.assign(process.env, { RECHECK_BACKEND: 'pure' })
const { checkSync } = await import('recheck')
/** Limits by counts, not by time, so that a busy machine finds the same. */
const limits: Parameters = {
  checker: 'fuzz',
  ...{ timeout: null, attackTimeout: null, incubationTimeout: null },
  ...{
    maxInitialGenerationSize: 30,
    maxGenerationSize: 5,
    maxIteration: 1,
    crossoverSize: 0,
    mutationSize: 0,
  },
}

/** For each literal expression of a source file that takes more than linear time: where it is, and a text for which it does. */
export function findSlowExpressions(path: string, source: string): readonly string[] {
  const parsed = parseAst(source, { lang: path.endsWith('x') ? 'tsx' : 'ts' }, path)
  return literalsIn(parsed).flatMap(({ start, regex: { pattern, flags } }) => {
    // An expression without a loop needs no check.
    const found = /[*+]|\{\d+,\}/.test(pattern) ? checkSync(pattern, flags, limits) : undefined
    if (found === undefined || found.status === 'safe') return []
    const attack = found.status === 'vulnerable' ? found.attack.pattern : found.error.kind
    const line = source.slice(0, start).split('\n').length
    return [`${path}:${line}: /${pattern}/${flags} takes more than linear time, such as for ${attack}`]
  })
}

function literalsIn(node: unknown): readonly Literal[] {
  if (typeof node !== 'object' || node === null) return []
  const inner = Object.values(node).flatMap(literalsIn)
  return 'regex' in node ? [node as Literal, ...inner] : inner
}

if (import.meta.main) {
  const root = resolve(import.meta.dirname, '..')
  // What others write reaches services and packages; agentctl reads what its own user has.
  const exclude = ['**/*.test.{ts,tsx}', '**/testing/**', 'packages/agentctl/**']
  const paths = globSync('{services,packages}/*/src/**/*.{ts,tsx}', { cwd: root, exclude }).sort()
  const slow = paths.flatMap(path => findSlowExpressions(path, readFileSync(join(root, path), 'utf8')))
  for (const line of slow) console.error(line)
  process.exitCode = slow.length > 0 ? 1 : 0
}
