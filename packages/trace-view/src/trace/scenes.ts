import { type FormulaTerm, flowWords } from '../words/flows.ts'
import { capitalise, type Names } from '../words/names.ts'
import { type Phrase, phrase, tokenMarks } from '../words/phrase.ts'
import { toReader } from '../words/reader.ts'
import { actsAsOf } from './acts-as.ts'
import { apisOfUse, judgeTurn } from './judge.ts'
import { lastChecks, rightsOf, type TokenUse, type TurnFacts } from './turn-facts.ts'

/** What the presenter view shows at a time: one sentence with one line of evidence. */
export interface Scene {
  readonly headline: string
  readonly evidence: Phrase
  /** The parts of the formula that the sentence is about; the others are grey. */
  readonly lit: readonly (FormulaTerm | 'exchange' | 'TR' | 'gate')[]
}

const { T1, T2, Tc, TR } = tokenMarks

/** Tells what happened in a turn in a few sentences, in the order of the token exchange. */
export function tellScenes(facts: TurnFacts, names: Names): Scene[] {
  const { flow, steps, uses, failure } = facts
  const { agent } = names
  const { terms, asWhom } = flowWords[flow]
  const [use] = uses
  const scenes: Scene[] = [
    terms.includes('Tc')
      ? {
          headline: 'You ask, and have signed in.',
          evidence: phrase`Your token ${Tc} lets ${agent} act for you, and nothing else.`,
          lit: ['Tc'],
        }
      : {
          headline: `You ask. ${capitalise(agent)} acts ${asWhom}.`,
          evidence: ['No token of yours is involved, and no right of yours.'],
          lit: [],
        },
  ]
  if (steps.some(({ kind }) => kind === 'model'))
    scenes.push({
      headline: 'The model chooses what to do.',
      evidence: ['It sees the question and the tools. It sees no token.'],
      lit: [],
    })
  if (!facts.asked && (use || failure?.kind === 'token-request')) {
    scenes.push({
      headline: `The blueprint vouches for ${agent}.`,
      evidence: phrase`Entra ID issues ${T1} to the sidecar. The agent never sees it.`,
      lit: ['T1'],
    })
    if (terms.includes('T2'))
      scenes.push({
        headline: `${capitalise(agent)} vouches for its user account.`,
        evidence: phrase`For ${T1}, Entra ID issues ${T2} to the sidecar. The agent never sees it.`,
        lit: ['T1', 'T2'],
      })
  }
  if (!facts.asked && use) scenes.push(...tellUse(use, facts, names))
  const { headline, answers } = judgeTurn(facts, names)
  const told = facts.asked ? answers : answers.slice(1)
  const last = told.map(({ question, value }) => `${question.toLowerCase()}: ${value}`)
  scenes.push({
    headline,
    evidence: [`${capitalise(last.join(' · '))}.`],
    lit: facts.asked ? ['TR', 'gate'] : [...terms, 'exchange', 'TR', 'gate'],
  })
  return toReader(scenes, names)
}

/** Says that TR was issued, and which of the API's checks it passed. */
function tellUse(use: TokenUse, facts: TurnFacts, names: Names): Scene[] {
  const { terms, issues } = flowWords[facts.flow]
  const [caller] = judgeTurn(facts, names).answers
  const { claim, rights } = rightsOf(use.token)
  const subjects = { agent: `${names.agent} itself`, user: 'you', 'agent-user': 'its user account' }
  const subject = subjects[actsAsOf(use.token)]
  const issued: Scene = {
    headline: `With T1, Entra ID ${issues}.`,
    evidence: [
      ...phrase`${TR} names ${names.agent} as the caller and ${subject} as the subject: `,
      ...phrase`${{ code: 'azp' }} ${caller?.value ?? ''}, ${{ code: 'oid' }} ${subject}, ${{ code: claim }} ${rights.join(' ') || 'none'}`,
      use.isFromCache ? '. It came from the sidecar’s cache.' : '',
    ],
    lit: [...terms, 'exchange', 'TR'],
  }
  if (use.calls.length === 0) return [issued]
  const checked = lastChecks(use.token, 'api')
  const checks = checked?.checks.map(({ name }) => name).join(', ') ?? ''
  const passed = checked && `${capitalise(checks)}: ${checked.passed} of ${checked.checks.length} passed.`
  return [
    issued,
    {
      headline: `${apisOfUse(use, names)} checks TR, and decides.`,
      evidence: [passed ?? 'It answered, and told of no checks.'],
      lit: ['TR', 'gate'],
    },
  ]
}
