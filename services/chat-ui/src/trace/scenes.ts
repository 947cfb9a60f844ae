import { flowWords, type Term } from '../words/flows.ts'
import { capitalise, type Names } from '../words/names.ts'
import type { Phrase } from '../words/phrase.ts'
import { toReader } from '../words/reader.ts'
import { actsAsOf } from './claims.ts'
import { apisOf, judge } from './judge.ts'
import { lastChecks, rightsOf, type TokenUse, type TurnFacts } from './turn-facts.ts'

/** A part of the formula that a sentence is about. */
export type FormulaPart = Term | 'exchange' | 'TR' | 'gate'

/** One sentence for a meeting, with one line of evidence. */
export interface Scene {
  readonly headline: string
  readonly evidence: Phrase
  /** The parts of the formula that it is about; the others go grey. */
  readonly lit: readonly FormulaPart[]
}

/** A turn in a few sentences, in the order of the exchange; only what happened in it. */
export function tellScenes(facts: TurnFacts, names: Names): Scene[] {
  return toReader(scenesOf(facts, names), names)
}

function scenesOf(facts: TurnFacts, names: Names): Scene[] {
  const { flow, steps, uses, failure } = facts
  const { terms, issues, asWhom } = flowWords[flow]
  const [use] = uses
  const { headline, answers } = judge(facts, names)
  const scenes: Scene[] = [terms.includes('Tc') ? signedIn(names) : asked(names, asWhom)]
  if (steps.some(({ kind }) => kind === 'model')) scenes.push(model)
  if (facts.asked) {
    const last = answers.map(({ question, value }) => `${question.toLowerCase()}: ${value}`)
    scenes.push({ headline, evidence: [`${capitalise(last.join(' · '))}.`], lit: ['TR', 'gate'] })
    return scenes
  }
  if (use || failure?.kind === 'token-request')
    scenes.push(vouched(names), ...(terms.includes('T2') ? [vouchedForAccount(names)] : []))
  if (use) {
    const { claim, rights } = rightsOf(use.token)
    const subject = { agent: `${names.agent} itself`, user: 'you', 'agent-user': 'its user account' }[
      actsAsOf(use.token)
    ]
    scenes.push({
      headline: `With T1, Entra ID ${issues}.`,
      evidence: [
        { token: 'TR' },
        ` names ${names.agent} as the caller and ${subject} as the subject: `,
        { code: 'azp' },
        ` ${answers[0]?.value}, `,
        { code: 'oid' },
        ` ${subject}, `,
        { code: claim },
        ` ${rights.join(' ') || 'none'}`,
        tellCache(use),
      ],
      lit: [...terms, 'exchange', 'TR'],
    })
    const checked = lastChecks(use.token, actor => actor !== 'agent')
    if (use.calls.length > 0) {
      scenes.push({
        headline: `${apisOf(use, names)} checks TR, and decides.`,
        evidence: [
          checked
            ? `${capitalise(checked.checks.map(({ name }) => name).join(', '))}: ${checked.passed} of ${checked.checks.length} passed.`
            : 'It answered, and told of no checks.',
        ],
        lit: ['TR', 'gate'],
      })
    }
  }
  const last = answers.slice(1).map(({ question, value }) => `${question.toLowerCase()}: ${value}`)
  scenes.push({
    headline,
    evidence: [`${capitalise(last.join(' · '))}.`],
    lit: [...terms, 'exchange', 'TR', 'gate'],
  })
  return scenes
}

function tellCache({ isFromCache }: TokenUse): string {
  return isFromCache ? '. It came from the sidecar’s cache.' : ''
}

function asked({ agent }: Names, asWhom: string): Scene {
  return {
    headline: `You ask. ${capitalise(agent)} acts ${asWhom}.`,
    evidence: ['No token of yours is involved, and no right of yours.'],
    lit: [],
  }
}

function signedIn({ agent }: Names): Scene {
  const evidence = ` lets ${agent} act for you, and nothing else.`
  return {
    headline: 'You ask, and have signed in.',
    evidence: ['Your token ', { token: 'Tc' }, evidence],
    lit: ['Tc'],
  }
}

const model: Scene = {
  headline: 'The model chooses what to do.',
  evidence: ['It sees the question and the tools. It sees no token.'],
  lit: [],
}

function vouched({ agent }: Names): Scene {
  return {
    headline: `The blueprint vouches for ${agent}.`,
    evidence: ['Entra ID issues ', { token: 'T1' }, ' to the sidecar. The agent never sees it.'],
    lit: ['T1'],
  }
}

function vouchedForAccount({ agent }: Names): Scene {
  return {
    headline: `${capitalise(agent)} vouches for its user account.`,
    evidence: [
      'For ',
      { token: 'T1' },
      ', Entra ID issues ',
      { token: 'T2' },
      ' to the sidecar. The agent never sees it.',
    ],
    lit: ['T1', 'T2'],
  }
}
