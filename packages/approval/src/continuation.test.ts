import { randomBytes } from 'node:crypto'
import { rmSync, writeFileSync } from 'node:fs'
import { isProblem } from '@entra-agents/service-kit'
import { temporaryFile } from '@entra-agents/service-kit/testing/temporary-file'
import { chatLimits, type Decision } from '@entra-agents/trace'
import fc from 'fast-check'
import { CompactEncrypt } from 'jose'
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { canonicalJson, digestCall } from './call-digest.ts'
import { seal, unseal } from './continuation.ts'
import { readDecisions } from './decide.ts'
import { approvalProblems } from './problems.ts'
import { createSealKeys, parseKeys, readSealKeys, type SealKeys } from './seal-keys.ts'
import type { Binding, Continuation, PendingCall } from './waiting.ts'

const now = 1_800_000_000
const keys = createSealKeys()
const binding: Binding = {
  oid: 'ada',
  tid: 'tenant-1',
  azp: 'page-1',
  agent: 'clerk',
  flow: 'obo',
  mode: 'bedrock',
}
const createOrder = {
  tool: 'create_order',
  toolHash: 'hash-1',
  api: 'orders-api',
  args: { city: 'Oslo', when: { kind: 'price-below', euro: 5 }, untilDate: '2027-01-31' },
}
const waitingCall = (callId: string, call: Pick<PendingCall, 'tool' | 'toolHash' | 'api' | 'args'>) => ({
  callId,
  ...call,
  effect: 'create' as const,
  title: 'Create order',
  sentence: [{ text: 'Sends cloth to ' }, { value: 'Oslo' }],
  digest: digestCall(call),
  isAsked: true,
  stepId: `step of ${callId}`,
})
const first = waitingCall('call-1', createOrder)
const second = waitingCall('call-2', { ...createOrder, tool: 'delete_order', args: { id: 'order-1' } })
const continuation: Continuation = {
  v: 1,
  jti: 'jti-1',
  iat: now,
  exp: now + 600,
  ...binding,
  turnId: 'turn-1',
  kind: 'approval',
  message: 'Warn me.',
  pending: [first, second],
  denied: [],
  claims: '{"c1"}',
  pauses: 1,
  deniedPauses: 0,
  usage: { inputTokens: 5, outputTokens: 3, cacheReadInputTokens: 2, cacheWriteInputTokens: 1 },
  tools: [{ name: 'get_order', arguments: { city: 'Oslo' }, status: 'ok' }],
  state: { messages: [] },
}
const approve = ({ callId, digest }: PendingCall): Decision => ({ callId, digest, decision: 'approve' })

/** What the user of a failed request reads: its code, and why. */
async function failureOf(work: () => unknown): Promise<string | undefined> {
  try {
    await work()
    return undefined
  } catch (error) {
    if (!isProblem(error)) throw error
    return `${error.code}: ${error.message}`
  }
}

/** How the opening of a sealed turn fails; `undefined` if it opens unchanged. */
const openingFailure = (sealed: string, by: SealKeys = keys, request = binding, at = now) =>
  failureOf(async () => expect(await unseal(sealed, by, request, at)).toEqual(continuation))

const unreadable = 'APPROVAL_INVALID: It cannot be opened.'
const noKeys = 'APPROVAL_UNAVAILABLE: The file of its keys cannot be used.'

describe('a sealed turn', () => {
  const notYours = 'APPROVAL_NOT_YOURS: It was asked of another user, or in another application.'
  const changed = 'APPROVAL_CHANGED: It belongs to another agent, flow or mode.'
  // biome-ignore format: table
  it.each<[string, Partial<Binding>, seconds: number, failure: string | undefined]>([
    ['opens at once', {}, 0, undefined],
    ['opens in its last second', {}, 599, undefined],
    ['is refused afterwards', {}, 600, 'APPROVAL_EXPIRED: Its time is over.'],
    ['opens at a replica whose clock is a minute behind', {}, -60, undefined],
    ['is refused if it was sealed in the future', {}, -61, 'APPROVAL_INVALID: It was sealed in the future.'],
    ['is refused for another user', { oid: 'ben' }, 0, notYours],
    ['is refused for another tenant', { tid: 'tenant-2' }, 0, notYours],
    ['is refused in another application', { azp: 'page-2' }, 0, notYours],
    ['is refused for another agent', { agent: 'trainee' }, 0, changed],
    ['is refused in another flow', { flow: 'autonomous' }, 0, changed],
    ['is refused in another mode', { mode: 'direct' }, 0, changed],
  ])('%s', async (_what, request, seconds, failure) => {
    const sealed = await seal(continuation, keys)
    expect(await openingFailure(sealed, keys, { ...binding, ...request }, now + seconds)).toBe(failure)
  })

  it('with more or fewer parts than a compact JWE has is refused before any part is decoded', async () => {
    const decode = vi.spyOn(Buffer, 'from')
    for (const sealed of ['.'.repeat(40_000), 'AA.'.repeat(16_000), 'AA.AA.AA.AA.AA.AA', 'AA.AA.AA.AA', ''])
      expect(await openingFailure(sealed)).toBe(unreadable)
    expect(decode).not.toHaveBeenCalled()
  })

  it('is refused when a single bit of it is changed, even one that stands for no byte', async () => {
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
    const sealed = await seal(continuation, keys)
    for (const [index, letter] of [...sealed].entries()) {
      const other = alphabet[alphabet.indexOf(letter) ^ 1] ?? 'A'
      const edited = `${sealed.slice(0, index)}${other}${sealed.slice(index + 1)}`
      expect(await openingFailure(edited)).toBe(unreadable)
    }
  })

  it('is refused if its algorithm is wrong, its key is unknown, or its content is not a turn', async () => {
    const { kid, key } = keys.current()
    const encrypt = (header: object, by: Uint8Array = key, content: unknown = continuation) =>
      new CompactEncrypt(Buffer.from(JSON.stringify(content)))
        .setProtectedHeader({ alg: 'dir', enc: 'A256GCM', kid, ...header })
        .encrypt(by)
    const forged = [
      await encrypt({ alg: 'A256KW' }),
      await encrypt({ enc: 'A128CBC-HS256' }),
      await encrypt({ kid: 'nobody' }),
      await encrypt({ kid: undefined }),
      await encrypt({}, randomBytes(32)),
      await encrypt({}, key, { ...continuation, v: 2 }),
      await encrypt({}, key, { ...continuation, more: true }),
      await encrypt({}, key, { ...continuation, pending: [] }),
      await encrypt({}, key, 'a text'),
      'a.b.c.d.e',
      'a'.repeat(chatLimits.continuationCharacters + 1),
    ]
    expect(await openingFailure(await encrypt({}))).toBeUndefined()
    for (const sealed of forged) expect(await openingFailure(sealed)).toBe(unreadable)
  })

  it('is not made if it would be larger than the page may send back', async () => {
    const large = { ...continuation, state: 'x'.repeat(chatLimits.continuationCharacters * 0.75) }
    expect(await failureOf(() => seal(large, keys))).toMatch(
      /^APPROVAL_TOO_LARGE: The turn takes \d{6} characters, of \d{6}\.$/,
    )
  })
})

describe('the keys of all replicas', () => {
  const line = (kid: string) => `${kid} ${randomBytes(32).toString('base64')}`
  const [old, fresh] = [line('old'), line('new')]
  const inFile = (...lines: readonly string[]) => {
    const file = temporaryFile('seal-keys', onTestFinished)
    writeFileSync(file, lines.join('\n'))
    return file
  }

  it('open what was sealed before a rotation, until the old key is removed', async () => {
    const sealed = await seal(continuation, readSealKeys(inFile(old)))
    expect(await openingFailure(sealed, readSealKeys(inFile(fresh, old)))).toBeUndefined()
    expect(await openingFailure(sealed, readSealKeys(inFile(fresh)))).toBe(unreadable)
  })

  it('are read again for each seal: the first key seals, and nothing is sealed without the file', async () => {
    const file = inFile(old)
    const running = readSealKeys(file)
    writeFileSync(file, `${fresh}\n${old}\n`)
    expect(await openingFailure(await seal(continuation, readSealKeys(file)), running)).toBeUndefined()
    expect(running.current().kid).toBe('new')
    rmSync(file)
    expect(await failureOf(() => seal(continuation, running))).toBe(noKeys)
  })

  describe('while a replica only opens turns, whatever its clock does,', () => {
    afterEach(() => void vi.useRealTimers())

    /** A turn that was sealed with the old key, and a way to open it some seconds after the file of the keys has changed. */
    async function startReplica() {
      vi.useFakeTimers({ toFake: ['performance', 'Date'] })
      const file = inFile(old)
      const running = readSealKeys(file)
      const sealed = await seal(continuation, running)
      expect(running.find('new')).toBeUndefined()
      const openAfter = (seconds: number, text: string | undefined) => {
        if (text === undefined) rmSync(file)
        else writeFileSync(file, text)
        vi.advanceTimersByTime(seconds * 1000)
        vi.setSystemTime(Date.now() - 3_600_000)
        return openingFailure(sealed, running)
      }
      return { running, openAfter }
    }

    it('are known and forgotten a second after the file has changed', async () => {
      const { running, openAfter } = await startReplica()
      expect(await openAfter(0.999, fresh)).toBeUndefined()
      expect(await openAfter(0.001, fresh)).toBe(unreadable)
      expect(await openingFailure(await seal(continuation, readSealKeys(inFile(fresh))), running)).toBe(
        undefined,
      )
    })

    it.each([
      ['is empty', ''],
      ['has a line that is no key', 'old'],
      ['is gone', undefined],
    ])(
      'open nothing while their file %s, and open again as soon as it has them again',
      async (_what, text) => {
        const { openAfter } = await startReplica()
        expect(await openAfter(1, text)).toBe(noKeys)
        expect(await openAfter(0, old)).toBeUndefined()
      },
    )
  })

  // biome-ignore format: table
  it.each([
    ['', 'It has no key.'],
    ['old', 'Line 1 is no key'],
    [`${old}\nnew c2hvcnQ=`, 'Line 2 is no key'],
    [`${old} more`, 'Line 1 is no key'],
    [`${old}\n${line('old')}`, 'Two keys have the same id.'],
  ])('are refused if their file is malformed, with an error that says what is wrong (case %#)', (text, words) => {
    expect(() => parseKeys(text)).toThrow(words)
  })
})

describe('decisions', () => {
  const both = [first, second]
  const half = [first, { ...second, isAsked: false }]
  const unknown = (callId: string): Decision => ({ callId, digest: '', decision: 'approve' })
  const incomplete = 'APPROVAL_INVALID: Each call has to be decided, once, and no other.'
  const other = 'APPROVAL_CHANGED: Another call was shown.'
  // biome-ignore format: table
  it.each<[string, PendingCall[], Decision[], failure?: string]>([
    ['belong to the calls whose ids they have, in any order', both, [{ ...approve(second), decision: 'deny' }, approve(first)]],
    ['are needed only for calls that were shown', half, [approve(first)]],
    ['are refused for a call that was not shown', half, both.map(approve), incomplete],
    ['are refused if there is none', both, [], incomplete],
    ['are refused if one is missing', both, [approve(first)], incomplete],
    ['are refused if one call is decided twice', both, [approve(first), approve(first)], incomplete],
    ['are refused if one is too many', both, [...both.map(approve), unknown('call-3')], incomplete],
    ['are refused if one is about an unknown call', both, [approve(first), unknown('__proto__')], incomplete],
    ['are refused if a model gave two calls one id', [first, first], [{ ...approve(first), decision: 'deny' }, approve(first)], incomplete],
    ['are refused if another call was shown', both, [{ ...approve(first), digest: second.digest }, approve(second)], other],
    ['are refused if a call is not the one of its digest', [{ ...first, args: { city: 'Rome' } }], [approve(first)], other],
  ])('%s', async (_what, pending, given, failure) => {
    const read = () => [...readDecisions({ pending }, given)]
    expect(await failureOf(read)).toBe(failure)
    if (!failure) expect(read()).toEqual(given.map(({ callId, decision }) => [callId, decision]))
  })
})

describe('the digest of a call', () => {
  it('differs for any other call', () => {
    const others = [
      { ...createOrder, tool: 'delete_order' },
      { ...createOrder, toolHash: 'hash-2' },
      { ...createOrder, api: 'notes' },
      { ...createOrder, args: { ...createOrder.args, city: 'oslo' } },
    ]
    expect(new Set([createOrder, ...others].map(digestCall)).size).toBe(5)
  })

  it('stays the same in later releases, whose replicas open what older ones have sealed', () => {
    const call = { tool: 'delete_note', toolHash: 'hash-1', api: 'notes', args: { id: 7 } }
    expect(digestCall(call)).toBe('mGeUzK8bXpQF07ParKEXW9UEfG263-hTdMticV9z1V8')
  })

  it('is computed from the canonical JSON of RFC 8785', () => {
    expect(canonicalJson({ '€': 1e21, a: [1.0, -0, 'é\n'], Z: null })).toBe(
      '{"Z":null,"a":[1,0,"é\\n"],"€":1e+21}',
    )
    for (const value of [undefined, Number.NaN, '\ud800', { a: undefined }, () => 1])
      expect(() => canonicalJson(value)).toThrow(new TypeError('Only JSON has a digest.'))
  })

  it('is computed of any JSON, and of the same JSON for any order of its members', () => {
    const json = fc.jsonValue({ stringUnit: 'grapheme' })
    const object = fc.dictionary(fc.string({ unit: 'grapheme' }), json)
    fc.assert(
      fc.property(json, object, (value, members) => {
        expect(JSON.parse(canonicalJson(value))).toEqual(JSON.parse(JSON.stringify(value)))
        const turned = Object.fromEntries(Object.entries(members).reverse())
        expect(canonicalJson(turned)).toBe(canonicalJson(members))
      }),
    )
  })
})

it('1,000 edits of continuation, user, decisions and time lead only to calls that were shown and approved, or to an approval problem', async () => {
  const text = fc.oneof(fc.string(), fc.constantFrom('__proto__', 'call-1', 'call-2', '', 'null'))
  const decision = fc.record({
    callId: text,
    digest: fc.oneof(text, fc.constantFrom(first.digest, second.digest)),
    decision: fc.constantFrom('approve' as const, 'deny' as const),
  })
  const edits = fc.record(
    {
      cut: fc.record({
        at: fc.double({ min: 0, max: 1, noNaN: true }),
        remove: fc.nat({ max: 20 }),
        insert: fc.oneof(fc.constant(''), fc.base64String({ maxLength: 20 }), fc.string({ maxLength: 20 })),
      }),
      request: fc.dictionary(fc.constantFrom(...Object.keys(binding)), text, { maxKeys: 1 }),
      decisions: fc.array(decision, { maxLength: 4 }),
      seconds: fc.integer({ min: -1_000_000, max: 1_000_000 }),
    },
    { requiredKeys: [] },
  )
  const sealed = await seal(continuation, keys)
  await fc.assert(
    fc.asyncProperty(
      edits,
      async ({ cut, request, decisions = [first, second].map(approve), seconds = 0 }) => {
        const { at, remove, insert } = cut ?? { at: 0, remove: 0, insert: '' }
        const start = Math.floor(at * sealed.length)
        const edited = `${sealed.slice(0, start)}${insert}${sealed.slice(start + remove)}`
        try {
          const { pending } = await unseal(edited, keys, { ...binding, ...request } as Binding, now + seconds)
          const decided = readDecisions({ pending }, decisions)
          expect(edited).toBe(sealed)
          for (const call of pending)
            if (decided.get(call.callId) === 'approve') expect([first, second]).toContainEqual(call)
        } catch (error) {
          if (!isProblem(error)) throw error
          expect(Object.keys(approvalProblems)).toContain(error.code)
        }
      },
    ),
    { numRuns: 1_000 },
  )
})
