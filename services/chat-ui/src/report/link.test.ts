import { deflateRawSync } from 'node:zlib'
import { step } from '@entra-agents/trace-view/testing/trace'
import { describe, expect, it } from 'vitest'
import { exchange } from '../testing/converse.ts'
import { exportContext } from '../testing/export-context.ts'
import { mostLinkCharacters, readLink, writeLink } from './link.ts'
import { toExportedFile } from './write-file.ts'

const answered = exchange('Weather in Dallas?', { state: 'done', answer: 'Warm ☀.', steps: [step('s')] })
const file = toExportedFile([answered], exportContext, false)
const pack = (text: string | Buffer) => `#trace=1.${deflateRawSync(text).toString('base64url')}`

describe('a link that carries a trace', () => {
  it('is read as it was written, and names the version of its encoding', async () => {
    const link = await writeLink(file)
    expect(link).toMatch(/^#trace=1\.[\w-]+$/)
    expect(await readLink(link ?? '')).toEqual(file)
  })

  it('is not made of a trace that would be too long for it', async () => {
    // Random letters cannot be packed.
    const noise = Array.from({ length: 40_000 }, () => Math.random().toString(36).slice(2, 3)).join('')
    const long = { ...answered, answer: noise }
    expect(await writeLink(toExportedFile([long], exportContext, false))).toBeUndefined()
  })

  it.each([
    ['letters', '2.abc'],
    ['nothing', '2.'],
    ['letters that this version does not use', '999999999.~~~'],
    ['more letters than this page reads', `3.${'a'.repeat(100_000)}`],
  ])('of a newer version says so, whatever it has: %s', async (_what, text) => {
    await expect(readLink(`#trace=${text}`)).rejects.toThrow('Made by a newer version of this page.')
  })

  it('says so if the trace in it is of a newer version', async () => {
    await expect(readLink(pack(JSON.stringify({ ...file, version: 99 })))).rejects.toThrow('newer version')
  })

  it.each([
    ['nothing', '#trace='],
    ['no version', '#trace=abc'],
    ['an earlier version', '#trace=0.abc'],
    ['a version that is no number', '#trace=1e9.abc'],
    ['no data', '#trace=1.'],
    ['other letters', '#trace=1.%3Cscript%3E'],
    ['bytes that were never packed', '#trace=1.AAECAwQFBgcICQ'],
    ['half of its letters', pack(JSON.stringify(file)).slice(0, 200)],
    ['letters after its end', `${pack(JSON.stringify(file))}AAAA`],
    ['bytes that are no text', pack(Buffer.from([0xff, 0xfe, 0xfd]))],
  ])('that has %s is called broken', async (_what, link) => {
    await expect(readLink(link)).rejects.toThrow('It is broken or not whole')
  })

  const prototype = JSON.stringify(file).replace('"version":', '"__proto__":{"polluted":true},"version":')
  it.each([
    ['no JSON', 'Hello'],
    ['HTML', '<script>alert(1)</script>'],
    ['another format', '{"turns":[]}'],
    ['members of the wrong type', JSON.stringify({ ...file, turns: 'all' })],
    ['keys of the prototype', prototype],
    ['keys of the constructor', JSON.stringify({ ...file, constructor: { prototype: { polluted: true } } })],
    ['nothing but null', 'null'],
  ])('that holds %s is no trace', async (_what, text) => {
    await expect(readLink(pack(text))).rejects.toThrow('This is no trace')
    expect(Object(file).polluted).toBeUndefined()
  })

  it('is refused unread if it is longer than this page makes links', async () => {
    const gigabyte = '#trace=1.'.concat('A'.repeat(10 * 1024 * 1024))
    await expect(readLink(gigabyte)).rejects.toThrow('too long')
  })

  it('is not unpacked beyond what a file may hold', async () => {
    const zeros = pack(Buffer.alloc(mostLinkCharacters * 700))
    expect(zeros.length).toBeLessThan(mostLinkCharacters)
    await expect(readLink(zeros)).rejects.toThrow('It holds more than this page reads.')
  })
})
