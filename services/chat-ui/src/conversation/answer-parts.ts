import { hasOwnWords } from '../pause/own-words.ts'
import type { DecidedCall, Exchange, UnsentReason } from './exchange.ts'
import { chipOfStep, chipOfUse, chipsOfCalls, type ToolChip } from './tool-chips.tsx'

/** A piece of an answer, and the tools that were called after it. */
export interface AnswerPart {
  readonly text: string
  readonly chips: readonly ToolChip[]
  /** What the user decided about the calls of these tools. */
  readonly decided: readonly DecidedCall[]
}

type AnswerData = Pick<
  Exchange,
  'answer' | 'toolMarks' | 'steps' | 'result' | 'decided' | 'unsent' | 'pause'
> &
  Partial<Pick<Exchange, 'problem'>>

/** An answer in pieces, with each tool where it was called; a tool called within a paragraph comes after the paragraph. */
export function partsOf(data: AnswerData): readonly AnswerPart[] {
  const { answer, toolMarks, steps, result, decided = [], unsent, pause, problem } = data
  const asked = [...(pause?.calls ?? []), ...decided].filter(hasOwnWords)
  if (toolMarks.length === 0) {
    const chips = problem ? chipsOfCalls(steps) : (result?.tools ?? []).map(use => chipOfUse(use, steps))
    const end = { text: answer, chips: [], decided: [] }
    return chips.length > 0 || decided.length > 0 ? [{ text: '', chips, decided }, end] : [end]
  }
  const chipsAt = new Map<number, ToolChip[]>()
  for (const { stepId, at } of toolMarks) {
    const step = steps.find(({ id }) => id === stepId)
    const place = endOfParagraph(answer, at)
    if (!step) continue
    const chip = chipOfStep(step, steps, asked.find(call => call.stepId === stepId)?.sentence)
    chipsAt.set(place, [...(chipsAt.get(place) ?? []), { ...chip, status: statusAtEnd(chip, unsent) }])
  }
  let from = 0
  const parts = [...chipsAt].map(([to, chips]): AnswerPart => {
    const text = answer.slice(from, to)
    from = to
    const isHere = ({ stepId }: DecidedCall) => chips.some(chip => chip.stepId === stepId)
    return { text, chips, decided: decided.filter(isHere) }
  })
  return [...parts, { text: answer.slice(from), chips: [], decided: [] }]
}

/** An unsent call that the API refused before it waited has failed: the API wanted more. Other unsent calls count as denied. */
function statusAtEnd({ status, call }: ToolChip, unsent: UnsentReason | undefined): ToolChip['status'] {
  if (unsent === undefined || unsent === 'unanswered' || status !== 'waiting') return status
  return call?.status === 'failed' ? 'failed' : 'denied'
}

function endOfParagraph(answer: string, at: number): number {
  if (at <= 0) return 0
  const end = answer.indexOf('\n\n', at)
  return end < 0 ? answer.length : end
}
