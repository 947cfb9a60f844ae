import { describe, expect, it } from 'vitest'
import { attemptsAt, newestAfter, pathTo, withoutItems } from './attempts.ts'

/** The question a, two attempts at b after it, then c and d after the second b. */
const predecessors = new Map<string, string | undefined>([
  ['a', undefined],
  ['b1', 'a'],
  ['b2', 'a'],
  ['c', 'b2'],
  ['d', 'c'],
])

describe('attempts', () => {
  it('are the questions that follow the same question', () => {
    expect(attemptsAt(predecessors, 'b2')).toEqual(['b1', 'b2'])
    expect(attemptsAt(predecessors, 'a')).toEqual(['a'])
  })

  it('each have a path: from the first question, through the attempt, to the newest question that followed the attempt', () => {
    expect(pathTo(predecessors, newestAfter(predecessors, 'a'))).toEqual(['a', 'b2', 'c', 'd'])
    expect(pathTo(predecessors, newestAfter(predecessors, 'b1'))).toEqual(['a', 'b1'])
    expect(pathTo(predecessors, undefined)).toEqual([])
  })

  it('that are removed leave no gap: what followed them then follows the question before them', () => {
    const kept = withoutItems(predecessors, item => item === 'b2' || item === 'c')
    expect(pathTo(kept, 'd')).toEqual(['a', 'd'])
    expect(attemptsAt(kept, 'd')).toEqual(['b1', 'd'])
  })
})
