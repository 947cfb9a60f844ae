import { describe, expect, it } from 'vitest'
import { findSlowExpressions } from './check-expressions.ts'

const attacksOn = (expression: string) =>
  findSlowExpressions('some/file.ts', `const shape: RegExp = ${expression}`).map(
    line => line.split('such as for ')[1],
  )

describe('make check', () => {
  it.each([
    ['/[,.]+$/', ','],
    ['/^(a+)+$/', 'a'],
    ['/(?<!\\.\\p{L}+)[,.]+$/u', ','],
  ])('refuses the expression %s, which takes more than linear time, and tells a text', (expression, part) => {
    expect(attacksOn(expression)).toEqual([expect.stringContaining(part)])
  })

  it.each(['/[\\w.-]+/g', '/(?<![,.])[,.]+$/', '/\\beyJ[\\w-]{8}/', '/^[a-z]+$/'])(
    'accepts %s',
    expression => {
      expect(attacksOn(expression)).toEqual([])
    },
  )

  it('names file, line and expression', () => {
    const source = [
      'const one = 1',
      "const text = '/[,.]+$/'",
      'export const two = (x: string) => <p>{/[,.]+$/.exec(x)}</p>',
    ]
    expect(findSlowExpressions('some/view.tsx', source.join('\n'))).toEqual([
      expect.stringMatching(/^some\/view\.tsx:3: \/\[,\.\]\+\$\/ takes more than linear time, such as for '/),
    ])
  })
})
