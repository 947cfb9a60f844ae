import { describe, expect, it } from 'vitest'
import { attemptsAt, newestAfter, pathTo, without } from './attempts.ts'

/** a, then b twice; after the second b, c and d. */
const follows = new Map<string, string | undefined>([
  ['a', undefined],
  ['b1', 'a'],
  ['b2', 'a'],
  ['c', 'b2'],
  ['d', 'c'],
])

describe('attempts', () => {
  it('are those that follow the same question', () => {
    expect(attemptsAt(follows, 'b2')).toEqual(['b1', 'b2'])
    expect(attemptsAt(follows, 'a')).toEqual(['a'])
  })

  it('have a path of their own, to the last question that was asked after them', () => {
    expect(pathTo(follows, newestAfter(follows, 'a'))).toEqual(['a', 'b2', 'c', 'd'])
    expect(pathTo(follows, newestAfter(follows, 'b1'))).toEqual(['a', 'b1'])
    expect(pathTo(follows, undefined)).toEqual([])
  })

  it('that are dropped leave what came after them where they stood', () => {
    const kept = without(follows, item => item === 'b2' || item === 'c')
    expect(pathTo(kept, 'd')).toEqual(['a', 'd'])
    expect(attemptsAt(kept, 'd')).toEqual(['b1', 'd'])
  })
})
