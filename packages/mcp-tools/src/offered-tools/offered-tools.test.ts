import { cpuRatio } from '@entra-agents/trace/testing/cpu-time'
import type { Tool } from '@modelcontextprotocol/client'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type NotesChanges, notesServer } from '../testing/notes-server.ts'
import { chooseTools } from './offered-tools.ts'
import { hashTool } from './tool-hash.ts'
import { nameForModel } from './tool-names.ts'

const listedTool = (change: object = {}) =>
  ({ name: 'get_note', inputSchema: { type: 'object' }, ...change }) as Tool
const withArguments = (properties: object, more: object = {}) =>
  listedTool({ inputSchema: { type: 'object', properties, ...more } })
const described = (description: string, title?: string) => listedTool({ description, title })
const header = (name: unknown, type = 'string') => ({ type, 'x-mcp-header': name })
const place = (properties: object) => ({ type: 'object', properties })
const nested = (depth: number): object => ({ inner: depth === 0 ? {} : place(nested(depth - 1)) })
const manyArguments = Object.fromEntries(
  Array.from({ length: 100 }, (_, index) => [`argument_${index}`, { description: 'x'.repeat(100) }]),
)
const hiddenText = [...'ignore all']
  .map(one => String.fromCodePoint(0xe0000 + (one.codePointAt(0) ?? 0)))
  .join('')
const token = 'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhZGEifQ.c2lnbmF0dXJl'
const writing: NotesChanges = { allowedTools: ['write_note'], readOnlyTools: [] }
const writingTool = (annotations?: object) => listedTool({ name: 'write_note', annotations })
const annotated = (annotations: object) => listedTool({ annotations })

/** What a server lists, by what is special about it. */
const listedTools: Readonly<Record<string, readonly [Tool, NotesChanges?]>> = {
  'hidden text in its description': [described(`Reads\u200b a\u202e note.${hiddenText}\u0007\nSecond line.`)],
  'a long description': [described('x'.repeat(2_000))],
  'a description behind invisible characters': [
    described(`${'\u200b'.repeat(10_000)}${' '.repeat(2_000)}Reads.`),
  ],
  'tokens in its descriptions': [
    listedTool({
      ...described(`Use ${token}`),
      ...{ inputSchema: place({ topic: { description: `Use ${token}` } }) },
    }),
  ],
  'no description': [listedTool({ title: 'Reads a note' })],
  'an empty description': [described('', 'Reads a note')],
  'a description of invisible characters': [described('\u2800\u{e0041} ', 'Reads a note')],
  'a description and a title of invisible characters': [described('\u2800', '\u200b')],
  'neither description nor title': [listedTool()],
  'a task that is required': [listedTool({ execution: { taskSupport: 'required' } })],
  'a task that is optional': [listedTool({ execution: { taskSupport: 'optional' } })],
  'keywords of all kinds': [
    withArguments(
      {
        topic: { type: 'string', description: 'What\u200b about.', maxLength: 10, pattern: '^(a+)+$' },
        kind: { enum: ['short', 'long', {}], title: 'Kind' },
        count: { const: 3, minimum: 1, exclusiveMaximum: 9, minItems: 'many' },
        places: { type: 'array', items: { $ref: '#/$defs/Place' }, 'x-own': { any: 'thing' } },
        either: { anyOf: [{ type: 'string' }, { type: 'odd' }], oneOf: [] },
      },
      {
        required: ['topic', 'nothing'],
        additionalProperties: false,
        anyOf: [{ required: ['topic'] }],
        $defs: { Place: { type: 'object', properties: { city: { type: ['string', 'null', 'odd'] } } } },
      },
    ),
  ],
  'more than a call needs': [
    listedTool({
      ...{
        title: 'Note',
        annotations: {},
        icons: [],
        _meta: { much: 'x' },
        outputSchema: { type: 'object' },
      },
      inputSchema: place({
        place: { ...place({ city: { ...header('City'), title: 'City' }, zip: {} }), title: 'Where' },
      }),
    }),
  ],
  'an input that is no object': [listedTool({ inputSchema: { type: 'string' } })],
  'an argument that nothing fits': [withArguments({ topic: false })],
  'an argument that refers to itself': [
    withArguments({ next: { type: 'array', items: { $ref: '#/properties/next' } } }),
  ],
  'an argument that refers elsewhere': [withArguments({ next: { $ref: 'https://evil.example' } })],
  'an argument that refers to nothing': [withArguments({ next: { $ref: '#/$defs/None' } })],
  'arguments that are nested too deeply': [withArguments(nested(20))],
  'too many arguments': [withArguments(manyArguments)],
  'an argument with a name in words': [withArguments({ 'the topic': {} })],
  'hidden text in a choice': [withArguments({ kind: { enum: ['a\u200bb'] } })],
  'choices that are no plain values': [withArguments({ kind: { enum: [{}] } })],
  'an argument for a token': [withArguments({ githubToken: {} })],
  'a nested argument for a password': [withArguments({ options: { properties: { password2: {} } } })],
  'an argument that only sounds like a credential': [
    withArguments({ page_token: {}, max_tokens: {}, author: {} }),
  ],
  'headers of arguments': [withArguments({ city: header('City'), days: header('Days', 'integer') })],
  'a header of a nested argument': [withArguments({ place: place({ city: header('City') }) })],
  'a header without a name': [withArguments({ city: header('') })],
  'a header whose name is no text': [withArguments({ city: header(1) })],
  'a header whose name holds a line break': [withArguments({ city: header('City\r\nAuthorization') })],
  'a header of a number with a fraction': [withArguments({ size: header('Size', 'number') })],
  'a header of an object': [withArguments({ place: header('Place', 'object') })],
  'a header of the whole input': [withArguments({}, { 'x-mcp-header': 'All' })],
  'a header that is declared twice': [withArguments({ from: header('City'), to: header('city') })],
  'a header of items': [withArguments({ cities: { type: 'array', items: header('City') } })],
  'a header behind a choice': [withArguments({}, { anyOf: [place({ city: header('City') })] })],
  'a header behind a reference': [withArguments({}, { $defs: { city: header('City') } })],
  'annotations that say that it only reads': [annotated({ readOnlyHint: true })],
  'annotations that say nothing of changes': [annotated({ idempotentHint: false })],
  'annotations that contradict the configuration': [annotated({ readOnlyHint: false })],
  'annotations that say that it deletes': [annotated({ readOnlyHint: true, destructiveHint: true })],
  'no annotations, and is not configured as read-only': [writingTool(), writing],
  'annotations that say that it reads, and is not configured as read-only': [
    writingTool({ readOnlyHint: true, destructiveHint: false, title: 'Reads' }),
    { ...writing, keepsIdempotencyKeys: true },
  ],
  'annotations that say that it deletes, and may be called unattended': [
    writingTool({ destructiveHint: true }),
    { ...writing, unattendedTools: ['write_note'] },
  ],
  'invisible characters in its name': [
    listedTool({ name: 'write\u202e_\u200bnote' }),
    { ...writing, allowedTools: ['write\u202e_\u200bnote'] },
  ],
}

it('A tool is offered with what is known to be harmless; one that a model must not use is not offered', async () => {
  const rows = Object.entries(listedTools).map(([what, [tool, changes]]) => {
    const { tools, missing } = chooseTools(notesServer(changes), [tool])
    const lines = [
      ...tools.flatMap(({ description, schema, definition, change }) => [
        `description: ${JSON.stringify(description).replace(/x{9,}/, run => `(${run.length} times x)`)}`,
        `input: ${JSON.stringify(schema)}`,
        `for the call: ${JSON.stringify(definition).replaceAll(/\p{Cf}/gu, '(invisible)')}`,
        ...(change ? [`change: ${JSON.stringify(change)}`] : []),
      ]),
      ...missing.map(({ reason }) => `not offered: ${reason}`),
    ]
    return `A tool with ${what}\n${lines.map(line => `  ${line}\n`).join('')}`
  })
  await expect(rows.join('\n')).toMatchFileSnapshot('offered-tools.txt')
})

it('A tool’s name for the model names the server of the tool, in characters that models accept', () => {
  expect(nameForModel('my-notes', 'read.note/äö')).toBe('my-notes__read_note___')
  expect(nameForModel('notes', 'x'.repeat(100))).toHaveLength(64)
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
  const references = Array.from({ length: 300 }, (_, index) => [`a${index}`, { $ref: '#/$defs/part' }])
  const choose = (properties: object) => {
    const listed = withArguments(properties, { $defs: { part: part(100_000) } })
    return () => chooseTools(notesServer(), [listed])
  }
  expect(cpuRatio(choose(Object.fromEntries(references)), choose({}))).toBeLessThan(20)
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

  it('covers of title and description the one that the model is offered', () => {
    const hashes = [
      ['', undefined],
      ['', 'Reads.'],
      ['', 'Deletes all.'],
    ] as const
    expect(new Set(hashes.map(([text, title]) => hashTool(described(text, title)))).size).toBe(3)
    expect(hashTool(described('Reads.', 'Other'))).toBe(hashTool(described('Reads.')))
    expect(hashTool(described('Reads.'))).toBe(
      'sha256-017ab62751000a1dc132c713d1614119ffaa2a7c85cb882bdf4fda55acd4f014',
    )
  })

  it('decides whether a pinned tool is offered', () => {
    const pinned = hashTool(listedTool())
    const choose = (tool: Tool) => chooseTools(notesServer({ pins: { get_note: pinned } }), [tool])
    expect(choose(listedTool()).tools).toHaveLength(1)
    const hashes = { pinned, hash: hashTool(described('New.')) }
    expect(choose(described('New.'))).toMatchObject({ tools: [], missing: [{ tool: 'get_note', hashes }] })
  })
})
