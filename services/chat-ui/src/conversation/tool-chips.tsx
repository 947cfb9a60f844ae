import type { ToolUse, TraceStep } from '@entra-agents/trace'
import { Icon } from '@entra-agents/trace-view/controls/icon'
import { tellValues } from '@entra-agents/trace-view/words/call-facts'
import type { Names } from '@entra-agents/trace-view/words/names'
import { type ProblemKind, problemKind } from '@entra-agents/trace-view/words/problem-kinds'
import { count, formatDuration } from '@entra-agents/trace-view/words/times'
import { spellOutDirections } from '@entra-agents/trace-view/words/visible-text'

interface ToolChipsProps {
  readonly chips: readonly ToolChip[]
  readonly names: Names
  /** Shows a step in the trace. */
  readonly onShow: (stepId: string) => void
}

/** A call of a tool as the answer shows it: from its step or, if the trace is withheld, from the result. */
export interface ToolChip {
  readonly name: string
  readonly words: string
  readonly status: 'running' | 'waiting' | 'ok' | 'failed' | 'denied'
  /** How serious the failure is, if the tool's call to an API failed. */
  readonly alarm: ProblemKind | undefined
  readonly stepId: string | undefined
  readonly durationMs?: number | undefined
  /** The call that the tool made to an API. */
  readonly call?: TraceStep | undefined
}

const icons = { running: 'more', waiting: 'wait', ok: 'check', failed: 'close', denied: 'close' } as const

/** The tools that were called at one place of an answer. If all calls are of one tool, its name is shown once. */
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
      {chips.map((chip, index) => {
        const outcome = tellOutcome(chip, isOneTool, names)
        return (
          <button
            key={chip.stepId ?? index}
            type="button"
            class="button tool-chip"
            data-status={chip.status}
            data-problem={chip.alarm}
            disabled={chip.stepId === undefined}
            onClick={() => chip.stepId !== undefined && onShow(chip.stepId)}
          >
            <Icon name={icons[chip.status]} />
            <code class={isOneTool ? 'visually-hidden' : undefined}>{chip.name}</code> <bdi>{chip.words}</bdi>
            {outcome && <span class="tool-outcome">{outcome}</span>}
          </button>
        )
      })}
    </p>
  )
}

function tellOutcome({ status, durationMs, call }: ToolChip, isOneTool: boolean, names: Names): string {
  const api = call && !isOneTool ? names.actor(call.to) : undefined
  const took = durationMs === undefined || isOneTool ? undefined : formatDuration(durationMs)
  const outcomes = {
    running: 'running',
    waiting: 'waiting',
    ok: took,
    failed: call?.response?.status ?? 'failed',
    denied: 'not called',
  }
  return [api, outcomes[status]].filter(part => part !== undefined).join(' · ')
}

/** The chip of a tool's step. */
export function chipOfStep(step: TraceStep, steps: readonly TraceStep[]): ToolChip {
  const { id, tool, title, status, durationMs, approval } = step
  const call = steps.findLast(({ kind, parentId }) => kind === 'api-call' && parentId === id)
  const last = steps.findLast(({ parentId, approval }) => parentId === id && approval)
  const isDenied = (approval ?? last?.approval)?.decision === 'deny'
  return {
    name: tool?.name ?? title,
    words: argumentWords(tool?.arguments),
    status: isDenied ? 'denied' : status === 'not-observable' ? 'ok' : status,
    alarm: alarmOf(call),
    stepId: id,
    durationMs: isDenied ? undefined : durationMs,
    call,
  }
}

/** The chip of a tool call that has no step of its own, as in direct mode. */
export function chipOfUse(
  { name, arguments: input, status }: ToolUse,
  steps: readonly TraceStep[],
): ToolChip {
  const call = steps.find(({ kind }) => kind === 'api-call')
  return {
    name,
    words: argumentWords(input),
    status,
    alarm: alarmOf(call),
    stepId: call?.id,
    durationMs: call?.durationMs,
    call,
  }
}

function alarmOf(call: TraceStep | undefined): ProblemKind | undefined {
  return call?.problem && problemKind(call.problem)
}

const mostArgumentCharacters = 60

/** The arguments' values, as many as there is room for; the tool's name makes clear what they mean. */
function argumentWords(input: Readonly<Record<string, unknown>> = {}): string {
  const words = spellOutDirections(tellValues(input))
  return words.length > mostArgumentCharacters ? `${words.slice(0, mostArgumentCharacters)}…` : words
}
