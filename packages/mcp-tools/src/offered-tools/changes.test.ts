import { describe, expect, it } from 'vitest'
import type { McpServer } from '../config.ts'
import { notesServer } from '../testing/notes-server.ts'
import { describeChange } from './changes.ts'

const server = (change: Partial<McpServer> = {}) =>
  notesServer({ allowedTools: ['get_note', 'write_note'], ...change })

describe('A tool of an MCP server', () => {
  it('is read-only if the configuration says so and the server does not contradict the configuration', () => {
    expect(describeChange(server(), { name: 'get_note' })).toBeUndefined()
    expect(
      describeChange(server(), { name: 'get_note', annotations: { readOnlyHint: true } }),
    ).toBeUndefined()
    expect(
      describeChange(server(), { name: 'get_note', annotations: { idempotentHint: false } }),
    ).toBeUndefined()
  })

  it('changes something if the configuration does not call the tool read-only, whatever the server says', () => {
    const change = {
      effect: 'change',
      title: 'Call write_note of notes',
      unattended: false,
      isIdempotent: false,
    }
    for (const annotations of [undefined, {}, { readOnlyHint: true, destructiveHint: false, title: 'Reads' }])
      expect(describeChange(server(), { name: 'write_note', ...(annotations && { annotations }) })).toEqual(
        change,
      )
  })

  it.each([
    { readOnlyHint: false },
    { destructiveHint: true },
    { readOnlyHint: true, destructiveHint: true },
  ])('changes something, though configured as read-only, if the server announces %j', annotations => {
    const effect = annotations.destructiveHint ? 'delete' : 'change'
    expect(describeChange(server(), { name: 'get_note', annotations })).toMatchObject({ effect })
  })

  it('has the effect `delete` only if the server marks the tool as destructive', () => {
    const effectOf = (destructiveHint: boolean) =>
      describeChange(server(), { name: 'write_note', annotations: { destructiveHint } })?.effect
    expect([effectOf(true), effectOf(false)]).toEqual(['delete', 'change'])
  })

  it('may be called without a user only where the configuration says so', () => {
    const unattended = server({ unattendedTools: ['write_note'] })
    expect(describeChange(unattended, { name: 'write_note' })?.unattended).toBe(true)
    const annotations = { readOnlyHint: false }
    expect(describeChange(unattended, { name: 'get_note', annotations })?.unattended).toBe(false)
  })

  it('has a title without invisible characters', () => {
    const named = describeChange(server(), {
      name: 'write\u202e_\u200bnote',
      annotations: { title: 'Harmless' },
    })
    expect(named?.title).toBe('Call write_note of notes')
  })
})
