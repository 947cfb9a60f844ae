import type { Flow, Mode } from '@entra-bedrock-agent/identity-trace'
import type { Signal } from '@preact/signals'
import type { Page } from '../page.ts'
import { flowNames, modeNames } from '../trace/names.ts'

/** How the next question is asked: with or without a model, and under whose right. */
export function Choices({ page }: { readonly page: Page }) {
  const { mode, flow } = page.conversation
  const flowNote = explainFlow(page)
  const modeNote = explainMode(page)
  return (
    <div class="choices">
      <RadioGroup
        legend="Answer by"
        name="mode"
        chosen={mode}
        names={modeNames}
        available={page.config.modes}
        note={modeNote}
      />
      <RadioGroup
        legend="Act"
        name="flow"
        chosen={flow}
        names={flowNames}
        available={page.session.available ? page.config.flows : ['autonomous']}
        note={flowNote}
        onChoose={chosen => {
          if (chosen === 'obo') page.session.prepare()
        }}
      />
    </div>
  )
}

interface RadioGroupProps<Value extends string> {
  readonly legend: string
  readonly name: string
  readonly chosen: Signal<Value>
  readonly names: Readonly<Record<Value, string>>
  readonly available: readonly Value[]
  readonly note: string
  readonly onChoose?: (value: Value) => void
}

function RadioGroup<Value extends string>(props: RadioGroupProps<Value>) {
  const { legend, name, chosen, names, available, note, onChoose } = props
  const values = Object.keys(names) as Value[]
  return (
    <fieldset class="choice" aria-describedby={`${name}-note`}>
      <legend>{legend}</legend>
      <div class="segments">
        {values.map(value => (
          <label key={value} class="segment">
            <input
              type="radio"
              name={name}
              value={value}
              checked={chosen.value === value}
              disabled={!available.includes(value)}
              onChange={() => {
                chosen.value = value
                onChoose?.(value)
              }}
            />
            <span>{names[value]}</span>
          </label>
        ))}
      </div>
      <p class="note" id={`${name}-note`}>
        {note}
      </p>
    </fieldset>
  )
}

function explainMode(page: Page): string {
  const bedrock = page.status.value?.components.bedrock
  if (!page.config.modes.includes('bedrock')) {
    return `Bedrock is not available: ${bedrock?.problem?.detail ?? 'it is not configured.'} Direct answers without a model.`
  }
  const chosen: Mode = page.conversation.mode.value
  if (chosen === 'direct') return 'No model: the city is read from your words.'
  if (bedrock?.state === 'unavailable') {
    return `Not available at the moment: ${bedrock.problem?.title ?? 'the model does not answer.'}`
  }
  const model = bedrock?.model ? ` (${bedrock.model})` : ''
  return bedrock?.state === 'ready'
    ? `Claude on Amazon Bedrock${model} reasons and calls tools.`
    : `Claude on Amazon Bedrock${model}. Whether it answers is not known yet.`
}

function explainFlow(page: Page): string {
  const chosen: Flow = page.conversation.flow.value
  if (!page.session.available) {
    return 'On behalf of you is not available: the agent has no CLIENT_SPA_APP_ID to sign you in with.'
  }
  if (chosen === 'autonomous') return 'Under its own agent identity. Nobody’s rights but its own.'
  const account = page.session.account.value
  return account
    ? `With your rights, ${account.name}, and no more.`
    : 'With your rights and no more. You will be asked to sign in.'
}
