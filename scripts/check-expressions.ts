import { globSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Parameters } from 'recheck'
import { parseAst } from 'rolldown/parseAst'

/** A regular expression that takes more than linear time for some text. */
export interface SlowExpression {
  readonly path: string
  readonly line: number
  readonly expression: string
  /** JavaScript that makes such a text. */
  readonly attack: string
}

interface Literal {
  readonly start: number
  readonly regex: { readonly pattern: string; readonly flags: string }
}

/** What others write reaches these files: users, models, APIs, MCP servers, Entra. */
const readers = '{services,packages}/*/src/**/*.{ts,tsx}'
const withoutTests = ['**/*.test.{ts,tsx}', '**/testing/**']
/** An expression without a loop is as fast as it is long. */
const hasLoop = /[*+]|\{\d+,\}/

// The checker in JavaScript: the others need Java or a program for each system.
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

/** The slow expressions among the literals of a source file. */
export function findSlowExpressions(path: string, source: string): readonly SlowExpression[] {
  return literalsIn(parseAst(source, { lang: path.endsWith('x') ? 'tsx' : 'ts' }, path)).flatMap(
    ({ start, regex: { pattern, flags } }) => {
      const found = hasLoop.test(pattern) ? checkSync(pattern, flags, limits) : undefined
      if (found === undefined || found.status === 'safe') return []
      const attack = found.status === 'vulnerable' ? found.attack.pattern : `not known: ${found.error.kind}`
      const line = source.slice(0, start).split('\n').length
      return [{ path, line, expression: `/${pattern}/${flags}`, attack }]
    },
  )
}

function literalsIn(node: unknown): readonly Literal[] {
  if (typeof node !== 'object' || node === null) return []
  const inner = Object.values(node).flatMap(literalsIn)
  return 'regex' in node ? [node as Literal, ...inner] : inner
}

if (import.meta.main) {
  const root = resolve(import.meta.dirname, '..')
  const paths = globSync(readers, { cwd: root, exclude: withoutTests }).sort()
  const slow = paths.flatMap(path => findSlowExpressions(path, readFileSync(join(root, path), 'utf8')))
  for (const { path, line, expression, attack } of slow)
    console.error(`${path}:${line}: ${expression} takes more than linear time, such as for ${attack}`)
  if (slow.length > 0) process.exitCode = 1
}
