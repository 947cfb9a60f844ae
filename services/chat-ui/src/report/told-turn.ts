import type { FactAnswer } from '@entra-agents/trace-view/identity/verdict'
import { judgeTurn } from '@entra-agents/trace-view/trace/judge'
import { gatherFacts } from '@entra-agents/trace-view/trace/turn-facts'
import { writeFormulas } from '@entra-agents/trace-view/trace/write-formula'
import { describeNames, type Names } from '@entra-agents/trace-view/words/names'
import { phraseText } from '@entra-agents/trace-view/words/phrase'
import type { ExportedTurn } from '../conversation/turn-shape.ts'
import type { ExportedFile } from './file-shape.ts'

export function namesOf({ names }: Pick<ExportedFile, 'names'>): Names {
  return describeNames({ agents: [], ...names }, false)
}

/** A turn of a file in words for its readers, who are not the user who asked. */
export type ToldTurn = ReturnType<typeof tellTurn>

export function tellTurn({ turn, question, steps }: ExportedTurn, ofFile: Names) {
  const names = ofFile.ofAgent(turn?.agent ?? question.agent)
  const facts = gatherFacts(steps, (turn ?? question).flow, false)
  const verdict = judgeTurn(facts, names)
  return {
    names,
    facts,
    verdict: { ...verdict, answers: verdict.answers.map(withoutMasks) },
    formulas: writeFormulas(facts, names),
  }
}

/** Says who left out what a mask stands for. */
function withoutMasks({ detail, ...answer }: FactAnswer): FactAnswer {
  const isMasked = phraseText(detail).includes(' hidden›')
  return { ...answer, detail: isMasked ? ['left out by the sender'] : detail }
}
