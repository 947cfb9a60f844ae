import type { Sentence, ToolUse, TraceStep } from '@entra-agents/trace'
import { Button } from '@entra-agents/trace-view/controls/button'
import { tellArguments } from '@entra-agents/trace-view/words/call-facts'
import type { Names } from '@entra-agents/trace-view/words/names'
import { problemKind } from '@entra-agents/trace-view/words/problem-kinds'
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
  readonly stepId: string | undefined
  readonly durationMs?: number | undefined
  /** The call that the tool made to an API. */
  readonly call?: TraceStep | undefined
  /** The tool runs, and waits for a token. */
  readonly asksForToken?: boolean
}

const icons = { running: 'more', waiting: 'wait', ok: 'check', failed: 'close', denied: 'close' } as const

/** The tools that were called at one place of an answer. If all calls are of one tool, its name is shown once. */
export function ToolChips({ chips, names, onShow }: ToolChipsProps) {
  const [first] = chips
  const isOneTool = chips.length > 1 && chips.every(({ name }) => name === first?.name)
  return (
    <p class="tool-chips line">
      {isOneTool && (
        <span class="note">
          <code>{first?.name}</code> {count(chips.length, 'call')}
        </span>
      )}
      {chips.map((chip, index) => {
        const outcome = tellOutcome(chip, isOneTool, names)
        return (
          <Button
            key={chip.stepId ?? index}
            class="button tool-chip"
            data-status={chip.status}
            data-problem={chip.call?.problem && problemKind(chip.call.problem)}
            disabled={chip.stepId === undefined}
            onClick={() => chip.stepId !== undefined && onShow(chip.stepId)}
            icon={icons[chip.status]}
          >
            <code class={isOneTool ? 'visually-hidden' : 'cut'}>{chip.name}</code>{' '}
            <bdi class="cut">{chip.words}</bdi>
            {outcome && <span class="note cut">{outcome}</span>}
          </Button>
        )
      })}
    </p>
  )
}

function tellOutcome(chip: ToolChip, isOneTool: boolean, names: Names): string {
  const { status, durationMs, call, asksForToken } = chip
  const api = call && !isOneTool ? names.actor(call.to) : undefined
  const took = durationMs === undefined || isOneTool ? undefined : formatDuration(durationMs)
  const outcomes = {
    running: asksForToken ? 'asks for a token…' : 'running…',
    waiting: 'waits for you',
    ok: took,
    failed: call?.response?.status ?? 'failed',
    denied: 'not called',
  }
  return [api, outcomes[status]].filter(part => part !== undefined).join(' · ')
}

/** The chip of a tool's step, in the words in which its user was asked about the call, if they were. */
export function chipOfStep(step: TraceStep, steps: readonly TraceStep[], asked?: Sentence): ToolChip {
  const { id, tool, title, status, durationMs, approval } = step
  const call = steps.findLast(({ kind, parentId }) => kind === 'api-call' && parentId === id)
  const last = steps.findLast(({ parentId, approval }) => parentId === id && approval)
  const isDenied = (approval ?? last?.approval)?.decision === 'deny'
  return {
    name: tool?.name ?? title,
    words: cut(asked ? tellValues(asked) : tellArguments(tool?.arguments)),
    status: isDenied ? 'denied' : status === 'not-observable' ? 'ok' : status,
    stepId: id,
    durationMs: isDenied ? undefined : durationMs,
    call,
    asksForToken: steps.some(
      ({ kind, parentId, status }) => kind === 'token-request' && parentId === id && status === 'running',
    ),
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
    words: cut(tellArguments(input)),
    status,
    stepId: call?.id,
    durationMs: call?.durationMs,
    call,
  }
}

/** The chips of a turn that failed before its result could name its tools: one for each call of an API. */
export function chipsOfCalls(steps: readonly TraceStep[]): ToolChip[] {
  return steps.flatMap(call => {
    const { id, kind, status, durationMs, request } = call
    const url = request && URL.parse(request.url)
    if (kind !== 'api-call' || !url || status === 'not-observable') return []
    const name = spellOutDirections(`${request.method} ${url.pathname}`)
    const words = cut([...url.searchParams.values()].join(', '))
    return [{ name, words, status, stepId: id, durationMs, call }]
  })
}

function tellValues(sentence: Sentence): string {
  return sentence.flatMap(part => ('value' in part ? part.value : [])).join(', ')
}

const mostCharacters = 60

function cut(text: string): string {
  const words = spellOutDirections(text)
  return words.length > mostCharacters ? `${words.slice(0, mostCharacters)}…` : words
}
