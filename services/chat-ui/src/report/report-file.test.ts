import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TraceStep } from '@entra-agents/trace'
import { publicConfig } from '@entra-agents/trace-view/testing/public-config'
import { accountToken, step } from '@entra-agents/trace-view/testing/trace'
import { pauseOf } from '@entra-agents/trace-view/testing/waiting'
import { describe, expect, it } from 'vitest'
import { type Exchange, startExchange } from '../conversation/exchange.ts'
import { exportContext } from '../testing/export-context.ts'
import { textOf } from '../testing/text-of.ts'
import { exchangeOf, readExportedFile } from './read-file.ts'
import { ReportView } from './report-view.tsx'
import { type ExportContext, toExportedFile } from './write-file.ts'

const tid = '11111111-0000-4000-8000-000000000001'
const ada = {
  oid: 'aaaaaaaa-1111-4000-8000-00000000000a',
  name: 'Ada Osei-Löwe',
  userName: 'ada@example.org',
}
const claims = { oid: ada.oid, name: ada.name, upn: ada.userName, tid, idtyp: 'user', sub: 'sub-of-ada' }
const withoutToken = step('s1', {
  title: `TR: for user ${ada.oid}`,
  startedAt: '2026-11-28T06:00:00.000Z',
  request: { method: 'GET', url: `http://orders/for/${encodeURIComponent(ada.userName)}`, headers: {} },
  tool: { name: 'get_order', arguments: { customer: 'Osei' } },
})
const tokenStep: TraceStep = { ...withoutToken, token: { role: 'TR', observed: true, claims } }
const question = {
  message: 'Where is the order of ada osei-löwe?',
  agent: 'a',
  mode: 'bedrock',
  flow: 'obo',
} as const
const exchange: Exchange = {
  ...startExchange(question),
  owner: { agent: 'a', flow: 'obo', objectId: ada.oid },
  state: 'done',
  turn: {
    turnId: 't1',
    traceId: 'f'.repeat(32),
    mode: 'bedrock',
    flow: 'obo',
    model: 'm',
    startedAt: '2026-11-28T06:00:00.000Z',
  },
  answer: `Hello Ada, your order went to ${ada.userName}. </script><script>alert(1)</script>`,
  steps: [tokenStep],
  problem: { title: 'T', detail: `For ${ada.name}.`, hint: 'H', code: 'C', claimsChallenge: '{}' },
}
const context: ExportContext = {
  ...exportContext,
  config: { ...publicConfig, tenantId: tid, names: { [tid]: 'this tenant' } },
}
const encodedName = encodeURIComponent(ada.userName)
const secrets = [ada.oid, ada.name, ada.userName, encodedName, 'sub-of-ada', tid, 'Ada', 'Osei', 'Löwe']
const secretsIn = (file: unknown) =>
  secrets.filter(secret => JSON.stringify(file).toLowerCase().includes(secret.toLowerCase()))

describe('an exported file', () => {
  it('holds neither personal data nor the tenant in its questions, answers, steps and failures', () => {
    const file = toExportedFile([exchange], context, false)
    expect(secretsIn(file)).toEqual([])
    expect(file).toMatchObject({
      redacted: true,
      turns: [{ question: { message: expect.stringContaining('order of ‹name hidden›') } }],
    })
  })

  it('holds no word of the signed-in user’s name, and no tenant, even if the trace has no token', () => {
    const asked = { ...exchange, owner: undefined, steps: [] }
    const account = { objectId: ada.oid, name: ada.name, userName: ada.userName }
    expect(secretsIn(toExportedFile([asked], { ...context, account }, false))).toEqual([])
  })

  it('does not mask words of the name of the agent’s own user account', () => {
    const asked = { ...exchange, owner: undefined, steps: [tokenStep, step('s2', { token: accountToken })] }
    const [turn] = toExportedFile([{ ...asked, answer: 'Your orders are late.' }], context, false).turns
    expect(turn?.answer).toBe('Your orders are late.')
  })

  it('holds nothing that could continue a waiting turn; when the file is read back, the turn says that its call was not sent', () => {
    const steps = [step('w', { status: 'waiting' })]
    const waiting: Exchange = { ...exchange, state: 'waiting', pause: pauseOf(), steps }
    const file = toExportedFile([waiting], context, false)
    expect(JSON.stringify(file)).not.toContain('sealed')
    const [turn] = readExportedFile(JSON.stringify(file)).turns
    expect(turn && exchangeOf(turn)).toMatchObject({ state: 'stopped', unsent: 'left' })
  })

  it('holds what its user approved and confirmed and when, masked, and its report says so where the call was made', () => {
    const sentence = [{ text: 'Create an order for ' }, { value: ada.userName }]
    const call = { title: 'Create order', sentence, stepId: 's1' }
    const decided = [
      { ...call, decision: 'approve', at: '2026-11-25T22:23:18.400Z' },
      { kind: 'step-up', title: '', stepId: 's1', decision: 'approve' },
    ] as const
    const marked = {
      ...exchange,
      answer: 'I order it.\n\nDone.',
      toolMarks: [{ stepId: 's1', at: 11 }],
      decided,
    }
    const file = toExportedFile([marked], context, false)
    expect(secretsIn(file)).toEqual([])
    const read = readExportedFile(JSON.stringify(file))
    expect(read.turns.map(exchangeOf)).toMatchObject([
      { decided: [{ title: call.title }, { kind: 'step-up' }] },
    ])
    const lines = textOf(ReportView({ file: read })).split('\n')
    const from = lines.indexOf('Who decided')
    expect(lines.slice(from + 1, from + 4)).toEqual([
      'The user approved: create an order for “‹upn hidden›”',
      '22:23:18 UTC',
      'The user confirmed who they are: a second factor, at Entra ID',
    ])
    expect(lines).toContain('I order it.')
    expect(lines).toContain('Done.')
  })

  it('says of a token that was refused ahead of a call that it was not used, and nothing else', () => {
    const refusal = { title: 'No.', detail: 'Refused.', hint: '', code: 'CONSENT_REQUIRED', requestId: 'r' }
    const unused = step('u', {
      kind: 'token-request',
      status: 'failed',
      ahead: true,
      unused: true,
      problem: { ...refusal, type: '', status: 403 },
    })
    const file = toExportedFile([{ ...exchange, problem: undefined, steps: [unused] }], context, false)
    // The file itself, at the end of the report, holds the step as it is.
    const [text = ''] = textOf(ReportView({ file: readExportedFile(JSON.stringify(file)) })).split('"format"')
    expect(text).toContain('asked ahead, not used')
    expect(text).not.toMatch(/Refused\.|failed|gave no|denied/i)
  })

  it('masks in all turns what one turn reveals of a user', () => {
    const other = { ...exchange, steps: [{ ...withoutToken, id: 's2', title: ada.userName }] }
    expect(secretsIn(toExportedFile([other, exchange], context, false))).toEqual([])
  })

  it('holds personal data if requested, but never an answer’s owner or a claims challenge', () => {
    const file = toExportedFile([exchange], context, true)
    expect(file.redacted).toBe(false)
    expect(file.turns[0]?.answer).toBe(exchange.answer)
    expect(JSON.stringify(file)).not.toMatch(/owner|claimsChallenge/)
  })

  it('is read back as it was written, also as the text at the end of a report, but its answers have no owner', () => {
    const hostile = { ...exchange, answer: `${exchange.answer} \u202Egnp.exe` }
    const file = toExportedFile([hostile], context, true)
    expect(readExportedFile(JSON.stringify(file))).toEqual(file)
    const [, data = ''] = textOf(ReportView({ file })).split('All data, as JSON\n')
    expect(data).not.toContain('\u202E')
    expect(readExportedFile(data)).toEqual(file)
    const [turn] = readExportedFile(data).turns
    expect(turn && exchangeOf(turn)).toMatchObject({ owner: undefined, answer: hostile.answer })
  })

  it('as a report says what matters of the token, and how many other claims are in the data', () => {
    const text = textOf(ReportView({ file: toExportedFile([exchange], context, false) }))
    expect(text).toMatch(/For whom\n.*user.*\noid ‹user oid hidden›/)
    expect(text).toContain('5 more claims: in the data at the end.')
  })

  it('of version 1, without decisions, still opens', () => {
    const text = readFileSync(join(import.meta.dirname, 'saved-version-1.json'), 'utf8')
    const { version, turns } = readExportedFile(text)
    expect([version, ...turns.map(({ state }) => state)]).toEqual([1, 'done', 'failed', 'stopped'])
    expect(turns.map(exchangeOf)).toMatchObject([
      { answer: 'I order them.\n\nYour skis are ordered.' },
      {},
      {},
    ])
  })

  it('that is made from another file is marked `fromFile`, and keeps the first file’s time and origin', () => {
    const source = toExportedFile([exchange], context, true)
    const later = { ...context, host: 'elsewhere', now: new Date(0), source }
    const again = toExportedFile(source.turns.map(exchangeOf), later, false)
    const { exportedAt, from } = source
    expect(again).toMatchObject({ fromFile: true, redacted: true, exportedAt, from })
  })
})

describe('an untrusted file', () => {
  const file = toExportedFile([exchange], context, true)
  const fileWith = (more: object) => ({ ...file, turns: [{ ...file.turns[0], ...more }] })
  const markup = { role: 'TR', observed: true, fingerprint: '<b>' } as const
  it.each([
    ['is no JSON', '<h1>Hello</h1>'],
    ['lacks required members', { turns: [] }],
    ['has members that no agent sends', fileWith({ owner: { kind: 'user', objectId: 'x' } })],
    ['has a step of another shape', fileWith({ steps: [{ ...tokenStep, title: { html: '' } }] })],
    ['has a fingerprint that is markup', fileWith({ steps: [{ ...tokenStep, token: markup }] })],
    ['repeats a step’s id', fileWith({ steps: [tokenStep, tokenStep] })],
    ['is of a version that never was', { ...file, version: 0 }],
    ['has an answer that is still coming', fileWith({ state: 'running' })],
  ])('is not shown if it %s', (_what, changed) => {
    const text = typeof changed === 'string' ? changed : JSON.stringify(changed)
    expect(() => readExportedFile(text)).toThrow(/^This (is no )?trace/)
  })

  it.each([4, 99, 1e300])(
    'says that a newer page made it if its version is %d, whatever else it has',
    version => {
      const newer = { ...file, version, more: {}, turns: [] }
      expect(() => readExportedFile(JSON.stringify(newer))).toThrow('Made by a newer version of this page.')
    },
  )

  it.each([
    ['only a version', { version: 4 }],
    ['the version of another format', { format: 'other', version: 4 }],
    ['a version in quotes', { ...file, version: '3' }],
    ['its data in a list', [file]],
    ['nothing', null],
  ])('is not called newer if it has %s', (_what, data) => {
    expect(() => readExportedFile(JSON.stringify(data))).toThrow('no trace that this page can read')
  })

  it('is not shown if it is nested too deep for the stack', () => {
    const body = `${'['.repeat(5_000)}${']'.repeat(5_000)}`
    const text = JSON.stringify(file).replace('"arguments":{', `"arguments":{"x":${body},`)
    expect(() => readExportedFile(text)).toThrow(/^This (is no )?trace/)
  })

  it('is not shown if its tokens name more people than any conversation', () => {
    const email = Array.from({ length: 10_000 }, (_, number) => `somebody-number-${number}@contoso.example`)
    const many = step('s', { token: { role: 'TR', observed: true, claims: { email } } })
    const exported = toExportedFile([{ ...exchange, steps: [many] }], context, true)
    expect(() => readExportedFile(JSON.stringify(exported))).toThrow('more people than this page can hide')
  })
})
