import { it } from 'vitest'
import { useBrowser } from './support/browser.ts'
import { allRules, answerOrFail, colourRules, examineStates, twoAgents } from './support/examine-states.ts'
import { useScriptedAgent } from './support/use-scripted-agent.ts'

const browser = useBrowser()
const agent = await useScriptedAgent(answerOrFail)

it.each([
  ['light, 1280 px wide', {}, allRules],
  ['320 px wide', { viewport: { width: 320, height: 800 } }, allRules],
  ['in dark', { colorScheme: 'dark' }, colourRules],
  ['in dark, 320 px wide', { colorScheme: 'dark', viewport: { width: 320, height: 800 } }, colourRules],
  ['with forced colours', { forcedColors: 'active' }, colourRules],
] as const)('axe accepts the page shown %s, even if text is widely spaced', async (name, options, rules) => {
  agent.config = twoAgents
  await examineStates(await browser.open(agent.url, options), [...rules], name)
})
