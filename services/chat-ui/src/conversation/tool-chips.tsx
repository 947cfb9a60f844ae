import type { ToolUse, TraceStep } from '@entra-bedrock-agent/identity-trace'
import { Icon } from '../controls/icon.tsx'
import type { Names } from '../words/names.ts'
import { type ProblemKind, problemKind } from '../words/problem-kinds.ts'
import { count, formatDuration } from '../words/times.ts'

interface ToolChipsProps {
  readonly chips: readonly ToolChip[]
  readonly names: Names
  /** Shows a step in the trace. */
  readonly onShow: (stepId: string) => void
}

/** A call of a tool as the answer shows it: from its step, or where the trace is withheld, from the result. */
export interface ToolChip {
  readonly name: string
  readonly words: string
  readonly status: 'running' | 'ok' | 'failed'
  /** How much of an alarm it is that the API did not answer as asked. */
  readonly alarm: ProblemKind | undefined
  readonly stepId: string | undefined
  readonly durationMs?: number | undefined
  /** The call of the API that the tool made. */
  readonly call?: TraceStep | undefined
}

const icons = { running: 'more', ok: 'check', failed: 'close' } as const

/** The tools that were called at one place of an answer; of one that was called several times, its name once. */
export function ToolChips({ chips, names, onShow }: ToolChipsProps) {
  const [first] = chips
  const isOneTool = chips.length > 1 && chips.every(({ name }) => name === first?.name)
  return (
    <p class="tool-chips line">
      {isOneTool && (
        <span class="tool-outcome">
          <code>{first?.name}</code> {count(chips.length, 'call')}
        </span>
      )}
      {chips.map(({ name, words, status, alarm, stepId, durationMs, call }, index) => (
        <button
          key={stepId ?? index}
          type="button"
          class="button tool-chip"
          data-status={status}
          data-problem={alarm}
          disabled={stepId === undefined}
          onClick={() => stepId !== undefined && onShow(stepId)}
        >
          <Icon name={icons[status]} />
          <code class={isOneTool ? 'visually-hidden' : undefined}>{name}</code> {words}
          <span class="tool-outcome">
            {[
              call && !isOneTool ? names.actor(call.to) : undefined,
              status === 'failed' ? (call?.response?.status ?? 'failed') : undefined,
              status === 'running' ? 'running' : undefined,
              status === 'ok' && !isOneTool && durationMs !== undefined
                ? formatDuration(durationMs)
                : undefined,
            ]
              .filter(part => part !== undefined)
              .join(' · ')}
          </span>
        </button>
      ))}
    </p>
  )
}

/** The chip of a tool's step. */
export function chipOfStep(step: TraceStep, steps: readonly TraceStep[]): ToolChip {
  const { id, tool, title, status, durationMs } = step
  const call = steps.find(({ kind, parentId }) => kind === 'api-call' && parentId === id)
  return {
    name: tool?.name ?? title,
    words: wordsOf(tool?.arguments),
    status: status === 'not-observable' || status === 'waiting' ? 'ok' : status,
    alarm: alarmOf(call),
    stepId: id,
    durationMs,
    call,
  }
}

/** The chip of a tool that was called without a step of its own, as direct mode does. */
export function chipOfUse(
  { name, arguments: input, status }: ToolUse,
  steps: readonly TraceStep[],
): ToolChip {
  const call = steps.find(({ kind }) => kind === 'api-call')
  return {
    name,
    words: wordsOf(input),
    status: status === 'denied' ? 'ok' : status,
    alarm: alarmOf(call),
    stepId: call?.id,
    durationMs: call?.durationMs,
    call,
  }
}

function alarmOf(call: TraceStep | undefined): ProblemKind | undefined {
  return call?.problem && problemKind(call.problem)
}

const mostCharacters = 60

/** The arguments' values, as far as there is room: what they are called says the tool. */
function wordsOf(input: Readonly<Record<string, unknown>> = {}): string {
  const words = Object.values(input)
    .map(value => (typeof value === 'string' ? value : JSON.stringify(value)))
    .join(', ')
  return words.length > mostCharacters ? `${words.slice(0, mostCharacters)}…` : words
}
