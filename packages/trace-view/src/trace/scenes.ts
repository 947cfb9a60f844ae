import type { TraceStep } from '@entra-agents/trace'
import type { Formula, TokenPlate } from '../identity/formula.ts'
import { flowWords } from '../words/flows.ts'
import { capitalise, type Names } from '../words/names.ts'
import { type Phrase, phrase } from '../words/phrase.ts'
import { toReader } from '../words/reader.ts'
import { spellOutDirections } from '../words/visible-text.ts'
import { judgeTurn, tellCaller } from './judge.ts'
import { outcomeDetails } from './outcome-details.ts'
import { rightsOf, tellContexts } from './read-token.ts'
import { tellTool } from './step-words.ts'
import { startSentence, type TurnByExchange, turnBy } from './turn-by-exchange.ts'
import { isUndecided, type TokenUse, type TurnFacts } from './turn-facts.ts'
import { writeFormulas } from './write-formula.ts'

/** What the presenter view shows at a time: one sentence with one line of evidence. */
export interface Scene {
  readonly headline: string
  readonly evidence: Phrase
  /** The exchange, as far as the turn has come. */
  readonly formula?: Formula | undefined
}

const Tc = { token: 'Tc' } as const
const TR = { token: 'TR' } as const

/**
 * Tells a turn in the order in which it happened: the question, each approval, each exchange with what its token was used for.
 * The end is told by itself only if no exchange has told it.
 */
export function tellScenes(facts: TurnFacts, names: Names, question: string): Scene[] {
  const { steps, uses, exchange, outcome } = facts
  const formulas = writeFormulas(facts, names)
  const at = (index: number) => formulas[Math.min(index, formulas.length - 1)]
  const scenes: Scene[] = []
  let isApproved = false
  for (const [index, step] of steps.entries()) {
    const used = uses.findIndex(({ since }) => since === index)
    if (used >= 0) {
      scenes.push(...tellUse(used, facts, names, isApproved, at(used)))
      isApproved = false
    }
    if (!step.approval) continue
    const next = uses.findIndex(({ since }) => since > index)
    isApproved = step.approval.decision === 'approve' && next >= 0
    const decided = outcome === 'declined' || isApproved ? [] : [tellDecision(step.approval.decision)]
    const formula = beforeExchange(at(next < 0 ? formulas.length - 1 : next))
    scenes.push(...[tellAsking(step, facts, names), ...decided].map(scene => ({ ...scene, formula })))
  }
  const isTold = exchange && exchange === uses.at(-1) && exchange.calls.length > 0 && !isUndecided(facts)
  const end = exchange ? uses.indexOf(exchange) : formulas.length - 1
  if (!isTold) scenes.push({ ...tellEnd(facts, names), formula: at(end) })
  const asked = { ...tellQuestion(facts, names), formula: beforeExchange(at(0)) }
  // The question is quoted: its words stay as they are.
  return toReader([asked, ...scenes], names).map((scene, index) =>
    index === 0 ? { ...scene, headline: `${scene.headline}: “${cutQuestion(question)}”` } : scene,
  )
}

/** The formula before Entra ID was asked: only the user's token is there. */
function beforeExchange(formula: Formula | undefined): Formula | undefined {
  if (!formula) return undefined
  const wait = (plate: TokenPlate): TokenPlate =>
    plate.token === 'Tc' ? plate : { ...plate, line: 'not asked for yet', state: 'next' }
  return beforeCall({
    ...formula,
    terms: formula.terms.map(wait),
    exchange: { verb: 'is not asked yet', failed: false },
    result: wait(formula.result),
  })
}

/** The formula before TR was used. */
function beforeCall({ gate, ...formula }: Formula): Formula {
  return { ...formula, gate: { ...gate, state: 'next', line: 'called next', passed: undefined } }
}

const mostLetters = 120

function cutQuestion(question: string): string {
  const letters = [...spellOutDirections(question)]
  return letters.slice(0, mostLetters).join('') + (letters.length > mostLetters ? '…' : '')
}

function tellQuestion({ flow, steps }: TurnFacts, { agent }: Names): Scene {
  const isForUser = flowWords[flow].terms.includes('Tc')
  const whose = isForUser
    ? phrase`Your token ${Tc} lets ${agent} act for you, and nothing else.`
    : [
        `${capitalise(agent)} acts ${flowWords[flow].asWhom}. No token of yours is involved, and no right of yours.`,
      ]
  const model = steps.some(({ kind }) => kind === 'model')
  return {
    headline: 'You ask',
    evidence: [...whose, model ? ' The model sees the question and the tools, and no token.' : ''],
  }
}

function tellAsking({ parentId }: TraceStep, { steps }: TurnFacts, { agent }: Names): Scene {
  const { tool } = steps.find(({ id }) => id === parentId) ?? {}
  return {
    headline: `${capitalise(agent)} asks you first.`,
    evidence: [`Nothing is sent without your approval${tool ? `: ${tellTool(tool)}` : ''}.`],
  }
}

function tellDecision(decision: 'approve' | 'deny'): Scene {
  return decision === 'approve'
    ? { headline: 'You approve.', evidence: ['The agent may do this once, and nothing else.'] }
    : { headline: 'You decline.', evidence: ['Nothing is sent by that.'] }
}

function tellEnd(facts: TurnFacts, names: Names): Scene {
  const { headline, answers } = judgeTurn(facts, names)
  const summary = (facts.asked ? answers : answers.slice(1)).map(
    ({ question, value }) => `${question.toLowerCase()}: ${value}`,
  )
  return { headline, evidence: [`${capitalise(summary.join(' · '))}.`] }
}

/** One exchange: the second factor before it, if there was one; TR; and what the API did with it. */
function tellUse(
  index: number,
  facts: TurnFacts,
  names: Names,
  isApproved: boolean,
  formula: Formula | undefined,
): Scene[] {
  const [use, before] = [facts.uses[index], facts.uses[index - 1]]
  if (!use) return []
  const turn = turnBy(facts, names, use)
  const proof = before?.outcome === 'more' ? turnBy(facts, names, before).contexts.join(' ') : ''
  const isCalled = use.calls.length > 0
  const scenes: Scene[] = [
    {
      headline: proof
        ? 'Entra ID issues a new token that carries the proof.'
        : tellIssue(index, turn, isApproved),
      evidence: proof && before ? tellNewToken(use, before, proof) : tellToken(use, turn),
      formula: formula && isCalled ? beforeCall(formula) : formula,
    },
  ]
  if (proof)
    scenes.unshift({
      headline: 'You show a second factor.',
      evidence: phrase`Your new token ${Tc} says ${{ code: `acrs ${proof}` }}.`,
      formula: beforeExchange(formula),
    })
  const call = isCalled ? outcomeDetails[use.outcome].scene?.(turn) : undefined
  if (!call) return scenes
  // When the API wanted more, the call waited, whatever came of that.
  const waited = formula && use.outcome === 'more'
  const then: Formula | undefined = waited
    ? { ...formula, gate: { ...formula.gate, state: 'waiting' } }
    : formula
  return [...scenes, { headline: startSentence(call[0]), evidence: call[1], formula: then }]
}

/** That TR came, and whom it names. */
function tellIssue(index: number, { use, names, words }: TurnByExchange, isApproved: boolean): string {
  const subject = words.forWhom === 'itself' ? '' : ` and ${words.forWhom}`
  if (isApproved) return `You approve; it gets a token that names it${subject}.`
  if (use?.isFromCache) return `The sidecar’s cache has a token that names ${names.agent}${subject}.`
  return `Entra ID issues ${index === 0 ? 'a' : 'another'} token that names ${names.agent}${subject}.`
}

/** Whom TR names, and what it carries. */
function tellToken({ token }: TokenUse, turn: TurnByExchange): Phrase {
  const { names, claim, rights, words } = turn
  const subject = words.forWhom === 'itself' ? `${names.agent} itself` : words.forWhom
  return [
    ...phrase`${TR} says who calls, for whom, and by which right: `,
    ...phrase`${{ code: 'azp' }} ${tellCaller(turn).value}, ${{ code: 'oid' }} ${subject}, ${{ code: claim }} ${rights.join(' ') || 'none'}`,
    ...tellContexts(token).map(contexts => `, ${contexts}`),
    '.',
  ]
}

/** What a token with the proof has that the one before it had not. */
function tellNewToken(use: TokenUse, before: TokenUse, proof: string): Phrase {
  const [now, earlier] = [rightsOf(use.token).rights, rightsOf(before.token).rights]
  const isLess = now.length < earlier.length && now.every(right => earlier.includes(right))
  const rights = isLess ? phrase`, and only ${{ code: now.join(' ') }}` : []
  return phrase`The old token said nothing of a second factor. The new one says ${{ code: `acrs ${proof}` }}${rights}.`
}
