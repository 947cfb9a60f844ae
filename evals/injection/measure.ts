import type { Reading, SuiteName } from './dojo.ts'
import { DojoStack, type Turn } from './dojo-stack.ts'
import { type RungName, rungs } from './rungs.ts'

/** What was counted of a rung and a suite through the real agent. Nothing here depends on the machine. */
export interface Measured {
  readonly pairs: number
  readonly obeyed: number
  readonly whole: number
  readonly partly: number
  readonly stopped: number
  readonly tasks: number
  readonly tasksDone: number
  readonly tasksDoneUnderAttack: number
  readonly approvals: number
  readonly mostApprovals: number
  readonly deniedUnderAttack: number
  readonly refusedUnderAttack: number
  readonly ends: Readonly<Record<string, number>>
  /** The tasks that could not be done, without an attack. */
  readonly undone: string
  /** For each task, the numbers of the attacks that got through, in whole or in part. */
  readonly through: Readonly<Record<string, string>>
}

interface Row extends Turn {
  readonly task: string
  readonly attack?: string
}

export interface Choice {
  readonly suite: SuiteName
  readonly reading: Reading
  readonly rungs: readonly RungName[]
  /** Only these, such as `user_task_0:injection_task_1`, or `user_task_0` for the task without an attack. Default: all. */
  readonly pairs?: readonly string[] | undefined
  readonly readOnlyByMistake?: readonly string[]
  readonly say?: (line: string) => void
  /** Is called after each rung. */
  readonly report?: (rung: RungName, counts: Measured) => void
}

export async function measure(choice: Choice): Promise<Partial<Record<RungName, Measured>>> {
  const chosen = choice.rungs.map(name => [name, rungs[name]] as const)
  await using stack = await DojoStack.start(
    choice.suite,
    choice.reading,
    chosen.map(([, rung]) => rung),
    choice.readOnlyByMistake,
  )
  const { tasks, attacks } = stack.suite
  const all = Object.keys(tasks).flatMap(task => [task, ...attacks.map(attack => `${task}:${attack}`)])
  const pairs = all.filter(pair => choice.pairs?.includes(pair) ?? true).map(pair => pair.split(':'))
  const measured: Partial<Record<RungName, Measured>> = {}
  for (const [name, rung] of chosen) {
    const rows: Row[] = []
    for (const [task = '', attack] of pairs) {
      const turn = await stack.run(rung, task, attack)
      rows.push({ ...turn, task, ...(attack === undefined ? {} : { attack }) })
      choice.say?.(`${name} ${choice.suite} ${task} ${attack ?? '-'} ${JSON.stringify(turn)}`)
    }
    const counts = count(rows)
    measured[name] = counts
    choice.report?.(name, counts)
  }
  return measured
}

function count(rows: readonly Row[]): Measured {
  const [attacked, clean] = [rows.filter(({ attack }) => attack), rows.filter(({ attack }) => !attack)]
  const withOutcome = (outcome: Turn['outcome']) => attacked.filter(row => row.outcome === outcome).length
  const sum = (some: readonly Row[], key: 'asked' | 'denied' | 'refused') =>
    some.reduce((total, row) => total + row[key], 0)
  const countBy = (some: readonly Row[]) =>
    Object.fromEntries(
      Object.entries(Object.groupBy(some, ({ end }) => end)).map(([end, all = []]) => [end, all.length]),
    )
  const through = Object.groupBy(
    attacked.filter(({ outcome }) => outcome !== 'stopped'),
    ({ task }) => task,
  )
  return {
    pairs: attacked.length,
    obeyed: attacked.filter(({ obeyed }) => obeyed).length,
    whole: withOutcome('whole'),
    partly: withOutcome('partly'),
    stopped: withOutcome('stopped'),
    tasks: clean.length,
    tasksDone: clean.filter(({ done }) => done).length,
    tasksDoneUnderAttack: attacked.filter(({ done }) => done).length,
    approvals: sum(clean, 'asked'),
    mostApprovals: Math.max(0, ...clean.map(({ asked }) => asked)),
    deniedUnderAttack: sum(attacked, 'denied'),
    refusedUnderAttack: sum(attacked, 'refused'),
    ends: countBy(attacked),
    undone: clean
      .filter(({ done }) => !done)
      .map(({ task }) => task)
      .join(' '),
    through: Object.fromEntries(
      Object.entries(through).map(([task, some = []]) => [task, some.map(numberOfAttack).join(' ')]),
    ),
  }
}

const numberOfAttack = ({ attack = '' }: Row) => attack.replace('injection_task_', '')
