import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'

const root = join(import.meta.dirname, '../../../..')
const sources = ['services/chat-ui/src', 'packages/trace-view/src']
const withoutComments = (css: string) => css.replaceAll(/\/\*.*?\*\//gs, '')
const styleSheets = globSync(
  sources.map(folder => `${folder}/**/*.css`),
  { cwd: root },
).map(name => ({
  name,
  css: withoutComments(readFileSync(join(root, name), 'utf8')),
}))
const components = styleSheets.filter(({ name }) => !name.endsWith(join('styles', 'tokens.css')))
const code = globSync(
  sources.map(folder => `${folder}/**/*.{ts,tsx}`),
  { cwd: root, exclude: ['**/*.test.ts'] },
)
  .map(name => readFileSync(join(root, name), 'utf8'))
  .join('\n')

/** The matching declarations outside of the design tokens, as `file: declaration`. */
function declarations(property: RegExp, value: RegExp): string[] {
  return components.flatMap(({ name, css }) =>
    [...css.matchAll(/([\w-]+):\s([^;{}]+);/g)]
      .filter(([, found = '', text = '']) => property.test(found) && value.test(text))
      .map(([declaration]) => `${name}: ${declaration}`),
  )
}

const anyLength = /\d(px|r?em|ch|pt)\b/
const anyColour =
  /#[\da-f]{3,8}\b|\b(rgb|hsl|hwb|lab|lch|oklab|oklch)a?\(|\b(white|black|red|green|blue|gr[ae]y)\b/i

const scaled =
  /^(font|font-size|letter-spacing|(margin|padding)(-.+)?|(row-|column-)?gap|border(-.+)?-radius)$/
const line = /^(border(?!.*radius)|outline(?!-offset)|stroke-width)/
const thick = /(?<![.\d])([4-9]|\d\d+)(px)?\b|\dr?em\b/
const otherWeight = /\b(bold|bolder|lighter|[1-35789]00|\d[1-9]\d)\b/

it.each([
  ['Only the design tokens name colours', /./, anyColour],
  ['Only the design tokens name text sizes, spaces and radii', scaled, anyLength],
  ['No line is thicker than three pixels', line, thick],
  ['Text is regular or semibold', /^font(-weight)?$/, otherWeight],
])('%s', (_rule, property, value) => {
  expect(declarations(property, value)).toEqual([])
})

it('Every rule belongs to a layer', () => {
  const names = components.flatMap(({ name, css }) => {
    const outer = css.match(/^\S.*/gm) ?? []
    return outer.filter(line => line !== '}').map(line => `${name}: ${line}`)
  })
  expect(names.filter(line => !/: @layer (base|layout|components|states) \{$/.test(line))).toEqual([])
})

it('Every class that has a rule is used', () => {
  const unused = components.flatMap(({ name, css }) =>
    [...css.replaceAll(/:\s[^;{}]+;/g, '').matchAll(/\.([a-z][\w-]*)/g)]
      .map(([, found = '']) => found)
      .filter(found => !new RegExp(`["'\`\\s.]${found}["'\`\\s]`).test(code))
      .map(found => `${name}: .${found}`),
  )
  expect(unused).toEqual([])
})

it('All styles together are at most 1,900 lines, blank ones not counted', () => {
  const lines = styleSheets.flatMap(({ css }) => css.split('\n')).filter(line => line.trim() !== '')
  expect(lines.length).toBeLessThanOrEqual(1_900)
})

it.each(['inter', 'jetbrains-mono'])(
  'The licence that is served with the font %s is that of its package',
  name => {
    const [served, packaged] = [
      `services/chat-ui/public/licenses/${name}.txt`,
      `node_modules/@fontsource-variable/${name}/LICENSE`,
    ].map(path => readFileSync(join(root, path), 'utf8'))
    expect(served).toBe(packaged)
    expect(served).toContain('SIL OPEN FONT LICENSE Version 1.1')
  },
)

it('No element has inline styles, which the Content-Security-Policy forbids', () => {
  expect(code).not.toMatch(/\sstyle=\{/)
})
