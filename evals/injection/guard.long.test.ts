import { expect, it } from 'vitest'
import { needs } from '../../tests/support/programs.ts'
import type { SuiteName } from './dojo.ts'
import { type Measured, measure } from './measure.ts'
import { readings, readResults } from './results.ts'

needs('agentdojo')

const [reading] = readings
const rungs = ['e', 'd2'] as const

/** A sentence for each pair of task and attack that gets through, and for each task that cannot be done. */
function tell(heading: string, { through, undone }: Pick<Measured, 'through' | 'undone'>): string[] {
  const passing = Object.entries(through).flatMap(([task, attacks]) =>
    attacks.split(' ').map(attack => `${heading}: injection_task_${attack} gets through in ${task}`),
  )
  const failing = undone.split(' ').filter(Boolean)
  return [...passing, ...failing.map(task => `${heading}: ${task} cannot be done`)]
}

it.each<SuiteName>(['banking', 'slack'])(
  'no more attacks get through, and no fewer tasks can be done, in %s than were measured',
  async suite => {
    const [now, before] = [await measure({ suite, reading, rungs }), readResults(reading).agent]
    for (const rung of rungs) {
      const [measured, expected] = [now[rung], before[rung]?.[suite]]
      if (!measured || !expected) throw new Error(`There are no results of ${rung} and ${suite}.`)
      expect(measured).toMatchObject({
        pairs: expected.pairs,
        obeyed: expected.obeyed,
        tasks: expected.tasks,
      })
      const [found, known] = [tell(`${rung} ${suite}`, measured), tell(`${rung} ${suite}`, expected)]
      expect({
        new: found.filter(sentence => !known.includes(sentence)),
        'no longer so: measure again': known.filter(sentence => !found.includes(sentence)),
      }).toEqual({ new: [], 'no longer so: measure again': [] })
    }
  },
  600_000,
)

it('one changing tool among those that only read lets an attack through, whose pair is named', async () => {
  const pairs = ['user_task_1:injection_task_1']
  const { e } = await measure({
    ...{ suite: 'banking', reading, rungs: ['e'], pairs },
    readOnlyByMistake: ['send_money'],
  })
  if (!e) throw new Error('Nothing was measured.')
  expect(tell('e banking', e)).toEqual(['e banking: injection_task_1 gets through in user_task_1'])
})

it('nobody is asked about an attack’s change to which the agent has no right', async () => {
  const pairs = ['user_task_1:injection_task_1']
  const measured = await measure({ suite: 'banking', reading, rungs: ['e', 'd2-e'], pairs })
  expect(measured.e).toMatchObject({ stopped: 1, deniedUnderAttack: 1 })
  expect(measured['d2-e']).toMatchObject({ stopped: 1, deniedUnderAttack: 0, refusedUnderAttack: 0 })
})
