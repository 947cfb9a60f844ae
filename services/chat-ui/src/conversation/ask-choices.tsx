import { type Flow, flowNames, flows, type Mode } from '@entra-agents/trace'
import { useMediaQuery } from '@entra-agents/trace-view/browser/media-query'
import { Segments } from '@entra-agents/trace-view/controls/segments'
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
  return (
    <>
      {isNarrow ? (
        <Menu label="Who the agent acts for" chosen={flow} options={choices} />
      ) : (
        <Segments
          legend="Who the agent acts for"
          name="flow"
          chosen={flow}
          describedBy="next-question"
          segments={choices}
        />
      )}
      <Menu label="Execution mode" chosen={mode} options={modes} />
    </>
  )
}

interface MenuProps<Value extends string> {
  readonly label: string
  readonly chosen: { value: Value }
  readonly options: readonly { readonly value: Value; readonly label: string; readonly disabled: boolean }[]
}

function Menu<Value extends string>({ label, chosen, options }: MenuProps<Value>) {
  return (
    <select
      class="field quiet"
      aria-label={label}
      aria-describedby="next-question"
      value={chosen.value}
      onChange={({ currentTarget }) => {
        const option = options.find(({ value }) => value === currentTarget.value)
        if (option) chosen.value = option.value
      }}
    >
      {options.map(({ value, label: words, disabled }) => (
        <option key={value} value={value} disabled={disabled}>
          {words}
        </option>
      ))}
    </select>
  )
}
