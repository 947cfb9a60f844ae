import { writeFileSync } from 'node:fs'
import { findFaults } from '@entra-agents/service-kit/testing/find-faults'
import { temporaryFile } from '@entra-agents/service-kit/testing/temporary-file'
import { expect, it, onTestFinished } from 'vitest'
import { readConfig } from './config.ts'
import { neededVariables } from './testing/needed-variables.ts'

const write = (content: unknown) => {
  const file = temporaryFile('file.json', onTestFinished)
  writeFileSync(file, JSON.stringify(content))
  return file
}
const idOf = (end: string) => `bbbbbbbb-0000-4000-8000-0000000000${end}`
const agents = {
  clerk: { title: 'Clerk', clientId: idOf('b1'), flows: ['obo'] },
  robot: { title: 'Robot', clientId: idOf('b2'), flows: ['autonomous'] },
  temp: { title: 'Temp', clientId: idOf('b3') },
}
const comparison = {
  title: 'Two clerks',
  about: 'One of them is new.',
  question: 'Which notes are there?',
  flow: 'obo',
  agents: ['clerk', 'temp'],
}
const environmentWith = (content: unknown) => ({
  ...neededVariables,
  AGENTS_CONFIG: write({ agents }),
  COMPARISON_CONFIG: write(content),
})

it('COMPARISON_CONFIG names a question that the page offers to ask two agents; without it there is none', () => {
  expect(readConfig(environmentWith(comparison)).comparison).toEqual(comparison)
  expect(readConfig({ ...neededVariables, COMPARISON_CONFIG: '' }).comparison).toBeUndefined()
})

// biome-ignore format: table
it.each([
  [[], ['it must be object']],
  [{ ...comparison, agents: ['clerk'] }, ['agents must not have fewer than 2 items']],
  [{ ...comparison, flow: 'mine', link: 'x' }, ['flow must be one of autonomous, obo, agent-user', 'link is not known here']],
  [{ ...comparison, agents: ['clerk', 'robot'] }, ['the agent "robot" lacks the flow obo']],
  [{ ...comparison, agents: ['clerk', 'toString'] }, ['there is no agent "toString"']],
])('COMPARISON_CONFIG with a fault stops the start, in words that say what to mend: %j', (content, faults) => {
  const environment = environmentWith(content)
  const file = `${environment.COMPARISON_CONFIG} (COMPARISON_CONFIG)`
  expect(findFaults(() => readConfig(environment)).toSorted()).toEqual(faults.map(fault => `${file}: ${fault}.`).toSorted())
})
