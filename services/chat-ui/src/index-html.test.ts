import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'

it('The page says what to look at if its script does not arrive', () => {
  const html = readFileSync(join(import.meta.dirname, '../index.html'), 'utf8')
  const [, shown = ''] = /<div id="app">([\s\S]*)<\/div>/.exec(html) ?? []
  expect(shown).toContain('its script did not arrive')
})
