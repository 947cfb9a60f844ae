import { type Flow, flowNames, flows, type Mode } from '@entra-agents/trace'
import { useMediaQuery } from '@entra-agents/trace-view/browser/media-query'
import { set } from '@entra-agents/trace-view/browser/set'
import { Segments } from '@entra-agents/trace-view/controls/segments'
import { Select } from '@entra-agents/trace-view/controls/select'
import { flowWords } from '@entra-agents/trace-view/words/flows'
import { modeNames } from '@entra-agents/trace-view/words/names'
import { agentNamed } from '../agent/documents.ts'
import type { Page } from '../page.ts'

/** The choices beside the question: for whom the agent acts, and with or without a model. */
export function AskChoices({ conversation, config }: Pick<Page, 'conversation' | 'config'>) {
  const { mode, flow } = conversation
  const agent = agentNamed(config, conversation.agent.value)
  const isNarrow = useMediaQuery('(max-width: 30rem)')
  // A default flow that the only agent lacks is shown disabled, with the reason below.
  const offered = (name: Flow) => agent?.flows.includes(name) ?? false
  const isLacking = (name: Flow) => config.agents.length === 1 && flows[name].isDefault
  const choices = flowNames
    .filter(name => offered(name) || isLacking(name))
    .map(value => ({ value, label: flowWords[value].label, disabled: !offered(value) }))
  const modes = (Object.keys(modeNames) as Mode[]).map(value => ({
    value,
    label: modeNames[value],
    disabled: !config.modes.includes(value),
  }))
  const look = { class: 'field quiet', describedBy: 'next-question' }
  return (
    <>
      {isNarrow ? (
        <Select
          label="Who the agent acts for"
          chosen={flow.value}
          options={choices}
          onChoose={chosen => set(flow, chosen)}
          {...look}
        />
      ) : (
        <Segments
          legend="Who the agent acts for"
          name="flow"
          chosen={flow}
          describedBy={look.describedBy}
          segments={choices}
        />
      )}
      <Select
        label="Execution mode"
        chosen={mode.value}
        options={modes}
        onChoose={chosen => set(mode, chosen)}
        {...look}
      />
    </>
  )
}
