import { expect, it } from 'vitest'
import type { Formula, TokenPlate } from '../identity/formula.ts'
import { publicConfig } from '../testing/public-config.ts'
import { ownToken, step } from '../testing/trace.ts'
import { type Turn, turns } from '../testing/turns.ts'
import { describeNames } from '../words/names.ts'
import { phraseText } from '../words/phrase.ts'
import { judgeTurn } from './judge.ts'
import { tellScenes } from './scenes.ts'
import { tellStory } from './story.ts'
import { gatherFacts } from './turn-facts.ts'
import { writeFormulas } from './write-formula.ts'

const factsOf = ({ steps, flow = 'autonomous', running = false, pause }: Turn) =>
  gatherFacts(steps, flow, running, pause)
const namesOf = ({ apis = publicConfig.apis }: Turn, isOwn = true) =>
  describeNames({ ...publicConfig, apis }, isOwn)

const plate = ({ token, state, title, line, tag }: TokenPlate) =>
  `${token} ${state} (${[title, line, ...(tag ? [tag] : [])].join(', ')})`

function writeFormula({ terms, exchange, result, gate, isRunning, legend, firstTry }: Formula): string {
  const verb = `${exchange.failed ? '✗ ' : ''}${exchange.verb}${isRunning ? '…' : ''}`
  const end = `${gate.title} ${gate.state} (${[gate.line, ...(gate.passed ? [gate.passed] : [])].join(', ')})`
  return [
    `${terms.map(plate).join(' + ')}`,
    `  ${verb} → ${plate(result)} → ${end}`,
    ...(legend ? [`  dashed: ${legend}`] : []),
    ...(firstTry ? [`  first try, not yet: ${firstTry.lack}`] : []),
  ].join('\n')
}

/** All that the page says about a turn, one line for each statement. */
function describeTurn(turn: Turn, names = namesOf(turn)): string[] {
  const facts = factsOf(turn)
  const { headline, outcome, answers } = judgeTurn(facts, names)
  return [
    `${outcome.words} (${outcome.kind}): ${headline}`,
    ...answers.map(
      ({ question, value, detail, more, isBad }) =>
        `${question}: ${value} (${[phraseText(detail), ...(more ? [more] : [])].join('; ')})${isBad ? ' ✗' : ''}`,
    ),
    ...writeFormulas(facts, names).map(writeFormula),
    tellStory(facts, names).replaceAll('. ', '.\n'),
  ]
}

const question = 'Where is order 7?'
const sceneLines = (turn: Turn, names = namesOf(turn)) =>
  tellScenes(factsOf(turn), names, question).flatMap(({ headline, evidence, formula }) => [
    `${headline} | ${phraseText(evidence)}`,
    `  ${formula ? [...formula.terms, formula.result].map(({ token, state }) => `${token} ${state}`).join(', ') : ''}, ${formula?.gate.state}`,
  ])

function goldenText(tell: (turn: Turn) => string[]): string {
  const blocks = Object.entries(turns).map(([name, turn]) => `# ${name}\n${tell(turn).join('\n')}\n`)
  return blocks.join('\n')
}

it('the page says of each turn who called, for whom, by which right, who allowed it, and by which tokens', async () => {
  await expect(goldenText(describeTurn)).toMatchFileSnapshot('turns.txt')
})

it('the presenter tells each turn in scenes, each with its evidence and the formula as far as the turn has come', async () => {
  await expect(goldenText(sceneLines)).toMatchFileSnapshot('scenes.txt')
})

it.each(Object.entries(turns))(
  'of %s, all parts tell the same outcome, and each scene its own exchange',
  (_name, turn) => {
    const [facts, names] = [factsOf(turn), namesOf(turn)]
    const formulas = writeFormulas(facts, names)
    const { headline, outcome } = judgeTurn(facts, names)
    const scenes = tellScenes(facts, names, question)
    const last = scenes.at(-1)
    const isToldByCall =
      facts.exchange && facts.exchange === facts.uses.at(-1) && facts.exchange.calls.length > 0
    if (!isToldByCall || facts.asked?.kind === 'approval') expect(last?.headline).toBe(headline)
    if (facts.exchange) expect(last?.formula?.result.card).toBe(facts.exchange.token)
    expect(last?.formula?.gate.state === 'allowed').toBe(outcome.kind === 'allowed')
    const told = scenes.map(({ formula }) => formula?.result.card)
    for (const { token } of facts.uses) expect(told).toContain(token)
    for (const { formula } of scenes.slice(0, -1)) {
      if (formula?.result.state !== 'seen')
        expect(formula?.gate.state, 'the API is not called yet').toBe('next')
    }
    expect(formulas.length).toBeGreaterThan(0)
    expect(sceneLines(turn).join()).not.toMatch(/\b(0 of|\d+ of \d+ passed)/)
  },
)

it('the traces of an opened file never call their reader “you”', () => {
  const words = goldenText(turn => {
    const names = namesOf(turn, false)
    return [...describeTurn(turn, names), ...sceneLines(turn, names)]
  })
  expect(words).not.toMatch(/\byou(r|rs)?\b/i)
  expect(words).toContain('The user who asked')
  expect(words, 'a verb without its ending').not.toMatch(
    /\b(user|asked) (approve|ask|confirm|consent|decline|do|sign)\b/,
  )
})

it('an agent that nobody has named is its id, as tokens spell it', () => {
  const id = 'f4a6b59f-d8c7-4eec-8728-9c4c66d85cb9'
  const steps = [
    step('token', { kind: 'token', token: { ...ownToken, claims: { ...ownToken.claims, azp: id } } }),
  ]
  const { answers } = judgeTurn(gatherFacts(steps, 'autonomous', false), namesOf({ steps }))
  expect(answers[0]?.value).toBe('f4a6b59f…5cb9')
})
