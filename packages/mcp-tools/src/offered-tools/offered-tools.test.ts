import { cpuRatio } from '@entra-agents/trace/testing/cpu-time'
import type { Tool } from '@modelcontextprotocol/client'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { notesServer } from '../testing/notes-server.ts'
import { chooseTools } from './offered-tools.ts'
import { hashTool } from './tool-hash.ts'
import { nameForModel } from './tool-names.ts'

const listedTool = (change: object = {}): Tool =>
  ({ name: 'get_note', inputSchema: { type: 'object' }, ...change }) as Tool
const toolWithArguments = (properties: object, more: object = {}, change: object = {}) =>
  listedTool({ ...change, inputSchema: { type: 'object', properties, ...more } })

const schemaOf = (tool: Tool) => chooseTools(notesServer(), [tool]).tools[0]?.schema
const reasonOf = (tool: Tool) => chooseTools(notesServer(), [tool]).missing[0]?.reason

describe('A tool’s name for the model', () => {
  it('names the server of the tool, in characters that models accept', () => {
    expect(nameForModel('my-notes', 'read.note/äö')).toBe('my-notes__read_note___')
    expect(nameForModel('notes', 'x'.repeat(100))).toHaveLength(64)
  })
})

describe('A tool’s description', () => {
  it('is cut, and holds no invisible characters', () => {
    const hidden = [...'ignore all'].map(one => String.fromCodePoint(0xe0000 + (one.codePointAt(0) ?? 0)))
    const description = `Reads\u200b a\u202e note.${hidden.join('')}\u0007\nSecond line. ${'x'.repeat(2_000)}`
    const [tool] = chooseTools(notesServer(), [listedTool({ description })]).tools
    expect(tool?.description).toMatch(/^Reads a note\.\nSecond line\. x+…$/)
    expect([...(tool?.description ?? '')]).toHaveLength(1_024)
  })

  it('and the descriptions of its arguments repeat no token', () => {
    const description = 'Use eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhZGEifQ.c2lnbmF0dXJl'
    const inputSchema = { type: 'object', properties: { topic: { description } } }
    const [tool] = chooseTools(notesServer(), [listedTool({ description, inputSchema })]).tools
    expect(tool?.description).toBe('Use ‹token removed›')
    expect(tool?.schema.properties).toEqual({ topic: { description: 'Use ‹token removed›' } })
  })

  it('is found after any number of invisible characters', () => {
    const description = `${'\u200b'.repeat(10_000)}${' '.repeat(2_000)}Reads.`
    expect(chooseTools(notesServer(), [listedTool({ description })]).tools[0]?.description).toBe('Reads.')
  })
})

describe('Of a tool’s definition', () => {
  it('only what a call needs is kept: the name, and the arguments that are repeated in headers', () => {
    const city = { type: 'string', 'x-mcp-header': 'City' }
    const place = {
      type: 'object',
      title: 'Where',
      properties: { city: { ...city, title: 'City' }, zip: {} },
    }
    const [tool] = chooseTools(notesServer(), [
      toolWithArguments(
        { place, text: { type: 'string' } },
        { $defs: { unused: {} } },
        { title: 'Note', annotations: {}, icons: [], _meta: { much: 'x' }, outputSchema: { type: 'object' } },
      ),
    ]).tools
    const properties = { place: { properties: { city: { ...city, properties: {} } } } }
    expect(tool?.definition).toEqual({ name: 'get_note', inputSchema: { type: 'object', properties } })
  })

  it.each([
    ['a long description', (length: number) => ({ description: 'x'.repeat(length) })],
    ['a long list of types', (length: number) => ({ type: Array(length).fill('string') })],
    ['a long list of choices', (length: number) => ({ enum: [1, ...Array(length).fill({})] })],
    [
      'a long list of required members',
      (length: number) => ({ properties: {}, required: Array(length).fill('') }),
    ],
  ])('%s is not read again for each reference to it', (_what, part) => {
    const properties = Object.fromEntries(
      Array.from({ length: 300 }, (_, index) => [`a${index}`, { $ref: '#/$defs/part' }]),
    )
    const choose = (length: number) => {
      const listed = toolWithArguments(properties, { $defs: { part: part(length) } })
      return () => chooseTools(notesServer(), [listed])
    }
    const baseline = toolWithArguments({}, { $defs: { part: part(100_000) } })
    expect(cpuRatio(choose(100_000), () => chooseTools(notesServer(), [baseline]))).toBeLessThan(20)
  })
})

describe('A tool whose description', () => {
  it.each([
    ['is missing', undefined],
    ['is empty', ''],
    ['has only invisible characters', '\u2800\u{e0041} '],
  ])('%s is described by its title, or by its name if it has no visible title', (_what, description) => {
    const descriptionOf = (tool: Tool) => chooseTools(notesServer(), [tool]).tools[0]?.description
    expect(descriptionOf(listedTool({ description, title: 'Reads a note' }))).toBe('Reads a note')
    expect(descriptionOf(listedTool({ description, title: '\u200b' }))).toBe('get_note')
    expect(descriptionOf(listedTool({ description }))).toBe('get_note')
  })
})

describe('A tool that runs only as a task', () => {
  it('is not offered, and the reason is given', () => {
    const reason = 'it runs only as a task, which the agent does not support'
    expect(reasonOf(listedTool({ execution: { taskSupport: 'required' } }))).toBe(reason)
    expect(reasonOf(listedTool({ execution: { taskSupport: 'optional' } }))).toBeUndefined()
    expect(reasonOf(listedTool({ execution: { taskSupport: 'forbidden' } }))).toBeUndefined()
  })
})

describe('A tool’s input', () => {
  it('is built only from keywords that the agent knows: types, limits, choices and descriptions', () => {
    const tool = toolWithArguments(
      {
        topic: { type: 'string', description: 'What\u200b about.', maxLength: 10, pattern: '^(a+)+$' },
        kind: { enum: ['short', 'long'] },
        places: { type: 'array', items: { $ref: '#/$defs/Place' }, 'x-own': { any: 'thing' } },
      },
      {
        required: ['topic', 'nothing'],
        additionalProperties: false,
        anyOf: [{ required: ['topic'] }],
        $defs: { Place: { type: 'object', properties: { city: { type: ['string', 'null'] } } } },
      },
    )
    expect(schemaOf(tool)).toEqual({
      type: 'object',
      properties: {
        topic: { type: 'string', description: 'What about.', maxLength: 10 },
        kind: { enum: ['short', 'long'] },
        places: {
          type: 'array',
          items: { type: 'object', properties: { city: { type: ['string', 'null'] } } },
        },
      },
      required: ['topic'],
      additionalProperties: false,
    })
  })

  it.each(
    // biome-ignore format: table
    [
      ['refers to itself', toolWithArguments({ next: { type: 'array', items: { $ref: '#/properties/next' } } }), 'too large'],
      ['refers elsewhere', toolWithArguments({ next: { $ref: 'https://evil.example' } }), 'refers to what is not in it'],
      ['refers to nothing', toolWithArguments({ next: { $ref: '#/$defs/None' } }), 'refers to what is not in it'],
      ['is too deep', toolWithArguments(nestedSchema(20)), 'too large'],
      ['is too long', toolWithArguments(wideSchema(100)), 'too large'],
      ['names an argument in words', toolWithArguments({ 'the topic': {} }), 'a name that models do not accept'],
      ['offers hidden choices', toolWithArguments({ kind: { enum: ['a\u200bb'] } }), 'cannot be read'],
    ],
  )('that %s makes the tool unfit', (_what, tool, reason) => {
    expect(reasonOf(tool)).toContain(reason)
  })

  it.each(['accessToken', 'githubToken', 'password2'])(
    'that has the argument “%s” makes the tool unfit, at whatever depth',
    name => {
      const reason = `its argument ${name} asks for a credential`
      expect(reasonOf(toolWithArguments({ [name]: {} }))).toBe(reason)
      expect(reasonOf(toolWithArguments({ options: { properties: { [name]: {} } } }))).toBe(reason)
    },
  )

  it.each(['page_token', 'max_tokens', 'author', 'keyword', 'secretary'])('may include “%s”', name => {
    expect(reasonOf(toolWithArguments({ [name]: { type: 'string' } }))).toBeUndefined()
  })
})

describe('A tool’s hash', () => {
  it('is the same for any order of members, and differs for any other definition', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), annotations => {
        const reversed = Object.fromEntries(Object.entries(annotations).reverse())
        const tool = listedTool({ annotations, description: 'Reads.' })
        expect(hashTool(tool)).toBe(hashTool(listedTool({ description: 'Reads.', annotations: reversed })))
        expect(hashTool(tool)).not.toBe(hashTool(listedTool({ annotations, description: 'Reads!' })))
      }),
    )
  })

  it('covers the title if the model is offered the title', () => {
    const untitled = hashTool(listedTool({ description: '' }))
    expect(hashTool(listedTool({ title: 'Reads.' }))).not.toBe(
      hashTool(listedTool({ title: 'Deletes all.' })),
    )
    expect(hashTool(listedTool({ description: '', title: 'Deletes all.' }))).not.toBe(untitled)
  })

  it('does not cover the title if the tool has a description, since the model is then not offered the title', () => {
    const described = hashTool(listedTool({ description: 'Reads.' }))
    expect(hashTool(listedTool({ description: 'Reads.', title: 'Other' }))).toBe(described)
    expect(described).toBe('sha256-017ab62751000a1dc132c713d1614119ffaa2a7c85cb882bdf4fda55acd4f014')
  })

  it('decides whether a pinned tool is offered', () => {
    const hash = hashTool(listedTool())
    expect(chooseTools(notesServer({ pins: { get_note: hash } }), [listedTool()]).tools).toHaveLength(1)
    expect(
      chooseTools(notesServer({ pins: { get_note: hash } }), [listedTool({ description: 'New.' })]),
    ).toMatchObject({
      tools: [],
      missing: [
        { tool: 'get_note', hashes: { pinned: hash, hash: hashTool(listedTool({ description: 'New.' })) } },
      ],
    })
  })
})

function nestedSchema(depth: number): object {
  return { inner: depth === 0 ? {} : { type: 'object', properties: nestedSchema(depth - 1) } }
}

function wideSchema(width: number): object {
  return Object.fromEntries(
    Array.from({ length: width }, (_, index) => [`argument_${index}`, { description: 'x'.repeat(100) }]),
  )
}
