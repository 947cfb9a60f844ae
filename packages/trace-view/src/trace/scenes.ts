import type { TraceStep } from '@entra-agents/trace'
import { type FormulaTerm, flowWords } from '../words/flows.ts'
import { capitalise, type Names } from '../words/names.ts'
import { type Phrase, phrase, tokenMarks } from '../words/phrase.ts'
import { toReader } from '../words/reader.ts'
import { tellContexts } from './acrs.ts'
import { actsAsOf, wordsOfToken } from './acts-as.ts'
import { judgeTurn, tellCaller } from './judge.ts'
import { outcomes } from './outcomes.ts'
import { tellTool } from './step-words.ts'
import { startSentence, type TurnByExchange, turnBy } from './turn-by-exchange.ts'
import { isUndecided, rightsOf, type TokenUse, type TurnFacts } from './turn-facts.ts'

/** What the presenter view shows at a time: one sentence with one line of evidence. */
export interface Scene {
  readonly headline: string
  readonly evidence: Phrase
  /** The parts of the formula that the sentence is about; the others are grey. */
  readonly lit: readonly (FormulaTerm | 'exchange' | 'TR' | 'gate')[]
  /** Which of the turn's formulas the sentence is about: there is one for each exchange. */
  readonly formula: number
}

const { T1, T2, Tc, TR } = tokenMarks

/** Tells what happened in a turn, in the order in which it happened: each approval and each exchange, then the outcome. */
export function tellScenes(facts: TurnFacts, names: Names): Scene[] {
  const { steps, uses, failure, asked } = facts
  const scenes: Scene[] = [tellQuestion(facts, names)]
  if (steps.some(({ kind }) => kind === 'model'))
    scenes.push({
      headline: 'The model chooses what to do.',
      evidence: ['It sees the question and the tools. It sees no token.'],
      lit: [],
      formula: 0,
    })
  for (const [index, step] of steps.entries()) {
    const exchange = uses.findIndex(({ since }) => since === index)
    if (exchange === 0) scenes.push(...tellVouching(facts, names))
    if (exchange >= 0) scenes.push(...tellUse(exchange, facts, names))
    if (step.approval?.decision === 'approve') scenes.push(tellApproval(index, step, facts, names))
  }
  if (!asked && uses.length === 0 && failure?.kind === 'token-request')
    scenes.push(...tellVouching(facts, names))
  return toReader([...scenes, tellOutcome(facts, names)], names)
}

function tellQuestion({ flow }: TurnFacts, { agent }: Names): Scene {
  const { terms, asWhom } = flowWords[flow]
  return terms.includes('Tc')
    ? {
        headline: 'You ask, and have signed in.',
        evidence: phrase`Your token ${Tc} lets ${agent} act for you, and nothing else.`,
        lit: ['Tc'],
        formula: 0,
      }
    : {
        headline: `You ask. ${capitalise(agent)} acts ${asWhom}.`,
        evidence: ['No token of yours is involved, and no right of yours.'],
        lit: [],
        formula: 0,
      }
}

/** The user's approval, with the formula of the exchange that follows it. */
function tellApproval(index: number, { parentId }: TraceStep, facts: TurnFacts, { agent }: Names): Scene {
  const { steps, uses } = facts
  const next = uses.findIndex(({ since }) => since > index)
  const { tool } = steps.find(({ id }) => id === parentId) ?? {}
  return {
    headline: `${capitalise(agent)} asked you first, and you approved.`,
    evidence: [`It may do this once, and nothing else${tool ? `: ${tellTool(tool)}` : ''}.`],
    lit: [],
    formula: next < 0 ? lastFormula(facts) : next,
  }
}

function tellOutcome(facts: TurnFacts, names: Names): Scene {
  const { flow, asked, uses, exchange } = facts
  const { headline, answers } = judgeTurn(facts, names)
  const summary = (asked ? answers : answers.slice(1)).map(
    ({ question, value }) => `${question.toLowerCase()}: ${value}`,
  )
  return {
    headline,
    evidence: [`${capitalise(summary.join(' · '))}.`],
    lit: asked ? ['TR', 'gate'] : [...flowWords[flow].terms, 'exchange', 'TR', 'gate'],
    formula: exchange ? uses.indexOf(exchange) : lastFormula(facts),
  }
}

/** The formula of what a call waits for or, if none does, of the last exchange. */
function lastFormula(facts: TurnFacts): number {
  const { length } = facts.uses
  return isUndecided(facts) ? length : Math.max(0, length - 1)
}

/** The tokens that vouch for the agent, before its first exchange. */
function tellVouching({ flow }: TurnFacts, { agent }: Names): Scene[] {
  const blueprint: Scene = {
    headline: `The blueprint vouches for ${agent}.`,
    evidence: phrase`Entra ID issues ${T1} to the sidecar. The agent never sees it.`,
    lit: ['T1'],
    formula: 0,
  }
  if (!flowWords[flow].terms.includes('T2')) return [blueprint]
  const account: Scene = {
    headline: `${capitalise(agent)} vouches for its user account.`,
    evidence: phrase`For ${T1}, Entra ID issues ${T2} to the sidecar. The agent never sees it.`,
    lit: ['T1', 'T2'],
    formula: 0,
  }
  return [blueprint, account]
}

/** One exchange: the stronger sign-in before it, if there was one; TR; and what the API did with it. */
function tellUse(formula: number, facts: TurnFacts, names: Names): Scene[] {
  const [use, before] = [facts.uses[formula], facts.uses[formula - 1]]
  if (!use) return []
  const turn = turnBy(facts, names, use)
  const proof = before?.outcome === 'more' ? turnBy(facts, names, before).contexts : []
  const another =
    proof.length > 0
      ? 'Entra ID issues a new TR that carries the proof.'
      : 'With T1, Entra ID issues another TR.'
  const scenes: Scene[] = [
    {
      headline: formula === 0 ? `With T1, Entra ID ${flowWords[facts.flow].issues}.` : another,
      evidence: tellToken(use, turn),
      lit: [...flowWords[facts.flow].terms, 'exchange', 'TR'],
      formula,
    },
  ]
  if (proof.length > 0)
    scenes.unshift({
      headline: 'You signed in more strongly.',
      evidence: phrase`Your new token ${Tc} carries the proof: ${{ code: 'acrs' }} ${proof.join(' ')}.`,
      lit: ['Tc'],
      formula,
    })
  const call = use.calls.length > 0 ? outcomes[use.outcome].scene?.(turn) : undefined
  if (call) scenes.push({ headline: startSentence(call[0]), evidence: call[1], lit: ['TR', 'gate'], formula })
  return scenes
}

/** Whom TR names, and what it carries. */
function tellToken({ token, isFromCache }: TokenUse, turn: TurnByExchange): Phrase {
  const { agent } = turn.names
  const { claim, rights } = rightsOf(token)
  const { forWhom } = wordsOfToken(token)
  const subject = actsAsOf(token) === 'agent' ? `${agent} itself` : forWhom
  return [
    ...phrase`${TR} names ${agent} as the caller and ${subject} as the subject: `,
    ...phrase`${{ code: 'azp' }} ${tellCaller(turn).value}, ${{ code: 'oid' }} ${subject}, ${{ code: claim }} ${rights.join(' ') || 'none'}`,
    ...tellContexts(token).map(contexts => `, ${contexts}`),
    isFromCache ? '. It came from the sidecar’s cache.' : '',
  ]
}
