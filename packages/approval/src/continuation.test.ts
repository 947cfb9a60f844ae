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
import { readDecisions, requireSame } from './decide.ts'
import { approvalProblems } from './problems.ts'
import { createSealKeys, parseKeys, readSealKeys } from './seal-keys.ts'
import type { Binding, Continuation } from './waiting.ts'

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
const deleteOrder = { ...createOrder, tool: 'delete_order', args: { id: 'order-1' } }
const waitingCall = (callId: string, call: typeof createOrder | typeof deleteOrder) => ({
  callId,
  ...call,
  effect: 'create' as const,
  title: 'Create order',
  sentence: [{ text: 'Sends cloth to ' }, { value: 'Oslo' }],
  digest: digestCall(call),
  isAsked: true,
  stepId: `step of ${callId}`,
})
const continuation: Continuation = {
  v: 1,
  jti: 'jti-1',
  iat: now,
  exp: now + 600,
  ...binding,
  turnId: 'turn-1',
  kind: 'approval',
  message: 'Warn me.',
  pending: [waitingCall('call-1', createOrder), waitingCall('call-2', deleteOrder)],
  denied: [],
  claims: '{"c1"}',
  pauses: 1,
  deniedPauses: 0,
  usage: { inputTokens: 5, outputTokens: 3, cacheReadInputTokens: 2, cacheWriteInputTokens: 1 },
  tools: [{ name: 'get_order', arguments: { city: 'Oslo' }, status: 'ok' }],
  state: { messages: [] },
}
const decisions: readonly Decision[] = continuation.pending.map(({ callId, digest }) => ({
  callId,
  digest,
  decision: 'approve',
}))
/** What the user of a failed request reads: its code, and why. */
const failureOf = async (work: () => unknown) => {
  try {
    await work()
    return undefined
  } catch (error) {
    return isProblem(error) ? `${error.code}: ${error.message}` : error
  }
}

const unreadable = 'APPROVAL_INVALID: It cannot be opened.'
const noKeys = 'APPROVAL_UNAVAILABLE: The file of its keys cannot be used.'
const incomplete = 'APPROVAL_INVALID: Each call has to be decided, once, and no other.'

describe('a sealed turn', () => {
  it('is opened unchanged, and is unreadable while sealed', async () => {
    const sealed = await seal(continuation, keys)
    expect(Buffer.from(sealed.split('.')[3] ?? '', 'base64url').toString()).not.toContain('Oslo')
    expect(await unseal(sealed, keys, binding, now)).toEqual(continuation)
  })

  it('with more or fewer parts than a compact JWE has is refused before any part is decoded', async () => {
    const decode = vi.spyOn(Buffer, 'from')
    for (const sealed of ['.'.repeat(40_000), 'AA.'.repeat(16_000), 'AA.AA.AA.AA.AA.AA', 'AA.AA.AA.AA', ''])
      expect(await failureOf(() => unseal(sealed, keys, binding, now))).toBe(unreadable)
    expect(decode).not.toHaveBeenCalled()
  })

  it('is valid up to its last second, and not afterwards', async () => {
    const sealed = await seal(continuation, keys)
    expect(await unseal(sealed, keys, binding, now + 599)).toEqual(continuation)
    expect(await failureOf(() => unseal(sealed, keys, binding, now + 600))).toBe(
      'APPROVAL_EXPIRED: Its time is over.',
    )
  })

  it('may come from a replica whose clock is up to a minute ahead', async () => {
    const sealed = await seal(continuation, keys)
    expect(await unseal(sealed, keys, binding, now - 60)).toEqual(continuation)
    expect(await failureOf(() => unseal(sealed, keys, binding, now - 61))).toBe(
      'APPROVAL_INVALID: It was sealed in the future.',
    )
  })

  // biome-ignore format: table
  it.each<[keyof Binding, string, string]>([
    ['oid', 'ben', 'APPROVAL_NOT_YOURS: It was asked of another user, or in another application.'],
    ['tid', 'tenant-2', 'APPROVAL_NOT_YOURS: It was asked of another user, or in another application.'],
    ['azp', 'page-2', 'APPROVAL_NOT_YOURS: It was asked of another user, or in another application.'],
    ['agent', 'trainee', 'APPROVAL_CHANGED: It belongs to another agent, flow or mode.'],
    ['flow', 'autonomous', 'APPROVAL_CHANGED: It belongs to another agent, flow or mode.'],
    ['mode', 'direct', 'APPROVAL_CHANGED: It belongs to another agent, flow or mode.'],
  ])('is refused if the request has another %s', async (name, other, failure) => {
    const sealed = await seal(continuation, keys)
    expect(await failureOf(() => unseal(sealed, keys, { ...binding, [name]: other }, now))).toBe(failure)
  })

  it('is refused when a single character of it is changed', async () => {
    const sealed = await seal(continuation, keys)
    const failures = new Set<unknown>()
    for (const index of sealed.split('').keys()) {
      const other = sealed[index] === 'A' ? 'B' : 'A'
      failures.add(
        await failureOf(() =>
          unseal(`${sealed.slice(0, index)}${other}${sealed.slice(index + 1)}`, keys, binding, now),
        ),
      )
    }
    expect([...failures]).toEqual([unreadable])
  })

  it('is refused if its algorithm is wrong, its key is unknown, or its content is not a turn', async () => {
    const encrypt = (
      header: { alg: string; enc: string; kid?: string },
      key: Uint8Array,
      content: unknown = continuation,
    ) => new CompactEncrypt(Buffer.from(JSON.stringify(content))).setProtectedHeader(header).encrypt(key)
    const { kid, key } = keys.current()
    const gcm = { alg: 'dir', enc: 'A256GCM' }
    const forged = [
      await encrypt({ alg: 'A256KW', enc: 'A256GCM', kid }, key),
      await encrypt({ alg: 'dir', enc: 'A128CBC-HS256', kid }, key),
      await encrypt({ ...gcm, kid: 'nobody' }, key),
      await encrypt(gcm, key),
      await encrypt({ ...gcm, kid }, randomBytes(32)),
      await encrypt({ ...gcm, kid }, key, { ...continuation, v: 2 }),
      await encrypt({ ...gcm, kid }, key, { ...continuation, more: true }),
      await encrypt({ ...gcm, kid }, key, { ...continuation, pending: [] }),
      await encrypt({ ...gcm, kid }, key, 'a text'),
      '',
      'a.b.c.d.e',
      'a'.repeat(chatLimits.continuationCharacters + 1),
    ]
    for (const sealed of forged)
      expect(await failureOf(() => unseal(sealed, keys, binding, now))).toBe(unreadable)
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
    expect(await unseal(sealed, readSealKeys(inFile(fresh, old)), binding, now)).toEqual(continuation)
    const without = readSealKeys(inFile(fresh))
    expect(await failureOf(() => unseal(sealed, without, binding, now))).toBe(unreadable)
  })

  it('are learnt by a running replica when another one seals with a new key', async () => {
    const file = inFile(old)
    const running = readSealKeys(file)
    writeFileSync(file, `${fresh}\n${old}\n`)
    const sealed = await seal(continuation, readSealKeys(file))
    expect(await unseal(sealed, running, binding, now)).toEqual(continuation)
    expect(running.current().kid).toBe('new')
  })

  it('are read again for each seal: the first key seals, and nothing is sealed without the file', async () => {
    const file = inFile(old)
    const running = readSealKeys(file)
    writeFileSync(file, `${fresh}\n${old}\n`)
    expect(running.current().kid).toBe('new')
    rmSync(file)
    expect(await failureOf(() => seal(continuation, running))).toBe(noKeys)
  })

  describe('while a replica only opens turns,', () => {
    afterEach(() => void vi.useRealTimers())
    const passSeconds = (seconds: number) => {
      vi.advanceTimersByTime(seconds * 1000)
      // The clock is set back meanwhile.
      vi.setSystemTime(Date.now() - 3_600_000)
    }

    it('open nothing two seconds after they were removed from the file, whatever the clock does', async () => {
      vi.useFakeTimers({ toFake: ['performance', 'Date'] })
      const file = inFile(old)
      const running = readSealKeys(file)
      const sealed = await seal(continuation, running)
      expect(await unseal(sealed, running, binding, now)).toEqual(continuation)
      writeFileSync(file, fresh)
      passSeconds(2)
      expect(await failureOf(() => unseal(sealed, running, binding, now))).toBe(unreadable)
    })

    it('are known a second after they came into the file, whatever the clock does', async () => {
      vi.useFakeTimers({ toFake: ['performance', 'Date'] })
      const file = inFile(old)
      const running = readSealKeys(file)
      expect(running.find('new')).toBeUndefined()
      writeFileSync(file, `${fresh}\n${old}`)
      passSeconds(1)
      expect(await unseal(await seal(continuation, readSealKeys(file)), running, binding, now)).toEqual(
        continuation,
      )
    })

    it.each([
      ['is empty', ''],
      ['has a line that is no key', 'old'],
      ['is gone', undefined],
    ])(
      'open nothing while their file %s, and open again as soon as it has them again',
      async (_what, text) => {
        vi.useFakeTimers({ toFake: ['performance', 'Date'] })
        const file = inFile(old)
        const running = readSealKeys(file)
        const sealed = await seal(continuation, running)
        if (text === undefined) rmSync(file)
        else writeFileSync(file, text)
        passSeconds(2)
        expect(await failureOf(() => unseal(sealed, running, binding, now))).toBe(noKeys)
        writeFileSync(file, old)
        expect(await unseal(sealed, running, binding, now)).toEqual(continuation)
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

describe('a decision', () => {
  it('belongs to the call whose id it has, in whatever order decisions come', () => {
    const [first, second] = decisions
    if (!first || !second) throw new Error('There are two.')
    expect([...readDecisions(continuation, [{ ...second, decision: 'deny' }, first])]).toEqual([
      ['call-2', 'deny'],
      ['call-1', 'approve'],
    ])
  })

  it('is required for each call that was shown, and refused for any other', async () => {
    const [first, second] = continuation.pending
    if (!first || !second) throw new Error('There are two.')
    const half = { ...continuation, pending: [first, { ...second, isAsked: false }] }
    expect([...readDecisions(half, decisions.slice(0, 1))]).toEqual([['call-1', 'approve']])
    expect(await failureOf(() => readDecisions(half, decisions))).toBe(incomplete)
  })

  it.each<[string, readonly Decision[]]>([
    ['no call', []],
    ['one of two calls', decisions.slice(0, 1)],
    ['one call twice', [...decisions.slice(0, 1), ...decisions.slice(0, 1)]],
    ['one call too many', [...decisions, { callId: 'call-3', digest: '', decision: 'approve' }]],
    ['an unknown call', [...decisions.slice(0, 1), { callId: '__proto__', digest: '', decision: 'approve' }]],
  ])('is refused unless each call is decided exactly once (here: %s)', async (_which, given) => {
    expect(await failureOf(() => readDecisions(continuation, given))).toBe(incomplete)
  })

  it('is refused if a model gave two calls one id, so that none is decided by the decision for the other', async () => {
    const [call] = continuation.pending
    const [decision] = decisions
    if (!call || !decision) throw new Error('There is one.')
    const given = [{ ...decision, decision: 'deny' } as const, decision]
    const twins = { ...continuation, pending: [call, call] }
    expect(await failureOf(() => readDecisions(twins, given))).toBe(incomplete)
  })

  // biome-ignore format: table
  it.each<[string, Parameters<typeof requireSame>[1]]>([
    ['is gone, or takes other arguments', undefined],
    ['has another definition', { digest: digestCall({ ...createOrder, toolHash: 'hash-2' }), effect: 'create' }],
    ['belongs to another API', { digest: digestCall({ ...createOrder, api: 'notes' }), effect: 'create' }],
    ['needs no approval any more', { digest: digestCall(createOrder), effect: undefined }],
    ['does something else', { digest: digestCall(createOrder), effect: 'delete' }],
  ])('is refused if by now the tool %s', async (_what, now) => {
    const [call] = continuation.pending
    if (!call) throw new Error('There is one.')
    expect(await failureOf(() => requireSame(call, now))).toBe('APPROVAL_CHANGED: The tool is another one now.')
    expect(await failureOf(() => requireSame(call, call as typeof now))).toBeUndefined()
  })

  it('about another call than the one that was shown is refused', async () => {
    const [first, ...others] = decisions
    const shown = [{ ...first, digest: digestCall({ ...createOrder, args: { city: 'Rome' } }) }, ...others]
    expect(await failureOf(() => readDecisions(continuation, shown as Decision[]))).toBe(
      'APPROVAL_CHANGED: Another call was shown.',
    )
  })
})

describe('the digest of a call', () => {
  it('is the same for any order of the arguments, and differs for any other call', () => {
    const { city, when, untilDate } = createOrder.args
    expect(digestCall({ ...createOrder, args: { untilDate, when, city } } as typeof createOrder)).toBe(
      digestCall(createOrder),
    )
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
    const text = fc.string({ unit: 'grapheme' })
    fc.assert(
      fc.property(
        fc.jsonValue({ stringUnit: 'grapheme' }),
        fc.dictionary(text, fc.jsonValue()),
        (value, members) => {
          expect(JSON.parse(canonicalJson(value))).toEqual(JSON.parse(JSON.stringify(value)))
          const turned = Object.fromEntries(Object.entries(members).reverse())
          expect(canonicalJson(turned)).toBe(canonicalJson(members))
        },
      ),
    )
  })
})

describe('1,000 edits of continuation, user and decisions', () => {
  const codes = Object.keys(approvalProblems)
  const text = fc.oneof(fc.string(), fc.constantFrom('__proto__', 'call-1', 'call-2', '', 'null'))
  const sealedEdit = fc.record({
    at: fc.double({ min: 0, max: 1, noNaN: true }),
    remove: fc.nat({ max: 20 }),
    insert: fc.oneof(fc.constant(''), fc.base64String({ maxLength: 20 }), fc.string({ maxLength: 20 })),
  })
  const decision = fc.record({
    callId: text,
    digest: fc.oneof(text, fc.constantFrom(...decisions.map(({ digest }) => digest))),
    decision: fc.constantFrom('approve' as const, 'deny' as const),
  })
  const bindingEdit = fc.constantFrom(...(Object.keys(binding) as (keyof Binding)[]))
  const edit = fc.oneof(
    sealedEdit.map(sealed => ({ sealed })),
    fc
      .tuple(bindingEdit, text)
      .map(([name, value]) => ({ binding: { ...binding, [name]: value } as Binding })),
    fc.array(decision, { maxLength: 4 }).map(decisions => ({ decisions })),
    fc.integer({ min: -1_000_000, max: 1_000_000 }).map(seconds => ({ now: now + seconds })),
  )

  it('lead only to calls that were shown and approved, or to an approval problem', {
    timeout: 60_000,
  }, async ({ annotate }) => {
    const seed = Number(process.env['SEED'] ?? Date.now() % 2 ** 31)
    await annotate(`SEED=${seed}`)
    const sealed = await seal(continuation, keys)
    const runs = async (given: {
      sealed?: { at: number; remove: number; insert: string }
      binding?: Binding
      decisions?: readonly Decision[]
      now?: number
    }) => {
      const start = Math.floor((given.sealed?.at ?? 0) * sealed.length)
      const { remove = 0, insert = '' } = given.sealed ?? {}
      const text = `${sealed.slice(0, start)}${insert}${sealed.slice(start + remove)}`
      const opened = await unseal(text, keys, given.binding ?? binding, given.now ?? now)
      const decided = readDecisions(opened, given.decisions ?? decisions)
      const approved = opened.pending.filter(({ callId }) => decided.get(callId) === 'approve')
      return { isUntouched: text === sealed, approved }
    }
    await fc.assert(
      fc.asyncProperty(edit, async given => {
        try {
          const { isUntouched, approved } = await runs(given)
          // An edited continuation never gets this far, so every approved call is one that was shown.
          expect(isUntouched).toBe(true)
          for (const call of approved) expect(continuation.pending).toContainEqual(call)
        } catch (error) {
          if (!isProblem(error)) throw error
          expect(codes).toContain(error.code)
        }
      }),
      { numRuns: 1_000, seed },
    )
  })
})
