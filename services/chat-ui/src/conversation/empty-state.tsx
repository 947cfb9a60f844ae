import {
  type Flow,
  flowNames,
  flows,
  type Mode,
  type PublicConfig,
} from '@entra-bedrock-agent/identity-trace'
import { flowWords } from '../words/flows.ts'
import { modeNames, type Names } from '../words/names.ts'
import type { Conversation } from './conversation.ts'
import { modeMeanings } from './explain.ts'
import { PathPicture } from './path-picture.tsx'

interface EmptyStateProps {
  readonly config: PublicConfig
  readonly conversation: Conversation
  readonly names: Names
}

/** What this page is for, before anything was asked: the two choices, the path that they make, and what to ask. */
export function EmptyState({ config, conversation, names }: EmptyStateProps) {
  const emulated = names.actors.filter(names.isEmulated)
  const mode = conversation.mode.value
  const flow = conversation.flow.value
  return (
    <div class="empty">
      <h2>Ask something, and watch who asks.</h2>
      <p class="lead">
        To call an API, this agent gets a token that says who calls and on whose behalf. No password, no
        stored key: the Identity Trace shows every step.
      </p>
      <PathPicture config={config} mode={mode} flow={flow} />
      <ul class="examples" aria-label="Examples">
        {examplesFor(config, mode, flow).map(example => (
          <li key={example}>
            <button type="button" class="button" onClick={() => void conversation.ask(example)}>
              {example}
            </button>
          </li>
        ))}
      </ul>
      <dl class="meanings">
        <Meaning name={modeNames.direct} meaning={modeMeanings.direct} chosen={mode === 'direct'} />
        <Meaning name={modeNames.bedrock} meaning={modeMeanings.bedrock} chosen={mode === 'bedrock'} />
        {flowNames.map(name => (
          <Meaning
            key={name}
            name={flows[name].label}
            meaning={flowWords[name].meaning}
            chosen={flow === name}
          />
        ))}
      </dl>
      {emulated.length > 0 && (
        <p class="note">
          Emulated here: {new Intl.ListFormat('en').format(emulated.map(names.actor))}. Everything else is
          real.
        </p>
      )}
    </div>
  )
}

interface MeaningProps {
  readonly name: string
  readonly meaning: string
  readonly chosen: boolean
}

function Meaning({ name, meaning, chosen }: MeaningProps) {
  return (
    <div data-chosen={chosen}>
      <dt>
        {name}
        {chosen && <span class="visually-hidden"> (chosen)</span>}
      </dt>
      <dd>{meaning}</dd>
    </div>
  )
}

/** The tools' own examples; with a model, also one that needs no tool and teaches. */
function examplesFor({ examples, modelExamples }: PublicConfig, mode: Mode, flow: Flow): readonly string[] {
  if (mode === 'direct') return examples
  return [...modelExamples, ...examples, flowWords[flow].example]
}
