/** Writes the page's fonts. Of the packaged fonts it keeps the letters and weights that the page uses: half of their bytes. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import subsetFont from 'subset-font'

/** Latin letters, and the signs and punctuation of sentences, as ranges of code points. */
const ranges: readonly (readonly [first: number, last: number])[] = [
  [0x20, 0x7e],
  [0xa0, 0xff],
  [0x131, 0x131],
  [0x152, 0x153],
  [0x2c6, 0x2c6],
  [0x2da, 0x2da],
  [0x2dc, 0x2dc],
  [0x2010, 0x2027],
  [0x202f, 0x2044],
  [0x20ac, 0x20ac],
  [0x2122, 0x2122],
  [0x2191, 0x2193],
  [0x2212, 0x2212],
  [0x2215, 0x2215],
]
const letters = ranges
  .flatMap(([first, last]) => Array.from({ length: last - first + 1 }, (_, index) => first + index))
  .map(codePoint => String.fromCodePoint(codePoint))
  .join('')

const weights = { inter: { min: 400, max: 600 }, 'jetbrains-mono': 400 } as const

const folder = join(import.meta.dirname, 'fonts')
mkdirSync(folder, { recursive: true })
for (const [name, wght] of Object.entries(weights)) {
  const packaged = `@fontsource-variable/${name}/files/${name}-latin-wght-normal.woff2`
  const font = readFileSync(fileURLToPath(import.meta.resolve(packaged)))
  const subset = await subsetFont(font, letters, { targetFormat: 'woff2', variationAxes: { wght } })
  writeFileSync(join(folder, `${name}.woff2`), subset)
}
