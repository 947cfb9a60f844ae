import type { TurnEvent } from '@entra-agents/trace'
import { expect, it } from 'vitest'
import { EventQueue } from './event-queue.ts'

const delta = (text: string): TurnEvent => ({ event: 'delta', data: { text } })
const notice: TurnEvent = {
  event: 'notice',
  data: {
    type: 't',
    title: 't',
    status: 200,
    detail: 'd',
    code: 'TOOL_NOT_CALLED',
    hint: 'h',
    requestId: 'r',
  },
}

it('The queue joins text that waits, and loses none of it', async () => {
  const queue = new EventQueue()
  for (const event of [delta('It '), delta('is '), delta('fine'), notice, delta('. '), delta('Bye.')])
    queue.push(event)
  expect(await queue.take()).toEqual([delta('It is fine'), notice, delta('. Bye.')])
})

it('The queue leaves alone what was taken already', async () => {
  const queue = new EventQueue()
  queue.push(delta('It is'))
  const taken = await queue.take()
  queue.push(delta(' fine.'))
  expect([taken, await queue.take()]).toEqual([[delta('It is')], [delta(' fine.')]])
})

it('The queue wakes a reader that waits, and ends after the last event once it is closed', async () => {
  const queue = new EventQueue()
  const waiting = queue.take()
  queue.push(delta('Hello'))
  expect(await waiting).toEqual([delta('Hello')])
  queue.push(notice)
  queue.close()
  queue.push(delta('too late'))
  expect([await queue.take(), await queue.take()]).toEqual([[notice], undefined])
})
