import {
  type BlueprintCredential,
  type Flow,
  type Mode,
  needsUser,
  type PublicConfig,
} from '@entra-agents/trace'
import { flowWords } from '@entra-agents/trace-view/words/flows'
import { agentNamed } from '../agent/documents.ts'
import type { Page } from '../page.ts'
import { TokenExchangeMap } from './exchange-map.tsx'
import './empty-state.css'

/** What this page is for, shown before the first question: who asks whom for what, and examples of questions. */
export function EmptyState({ config, conversation, names }: Pick<Page, 'config' | 'conversation' | 'names'>) {
  const emulated = names.actors.filter(names.isEmulated)
  const mode = conversation.mode.value
  const flow = conversation.flow.value
  const agent = agentNamed(config, conversation.agent.value)
  return (
    <div class="empty">
      <h2>Ask something, and watch who asks.</h2>
      <p class="lead">
        {agent?.description} To call an API this agent needs a token that says who calls and for whom. The
        agent itself holds no credential: its sidecar does{credentialWords[config.blueprintCredential]}.
      </p>
      <ul class="examples line" aria-label="Examples">
        {examplesFor(config, mode, flow).map(example => (
          <li key={example}>
            <button type="button" class="button" onClick={() => void conversation.ask(example)}>
              {example}
            </button>
          </li>
        ))}
      </ul>
      <TokenExchangeMap config={config} agent={agent} flow={flow} hasModel={mode === 'bedrock'} />
      {emulated.length > 0 && (
        <p class="note">
          Emulated here: {new Intl.ListFormat('en').format(emulated.map(names.actor))}. Everything else is
          real.
        </p>
      )}
    </div>
  )
}

/** The credential as configured: only the sidecar sees the credential itself. */
const credentialWords: Readonly<Record<BlueprintCredential, string>> = {
  secret: ' (configured: a client secret)',
  certificate: ' (configured: a certificate)',
  federated: ' (configured: a federated credential, so no secret at all)',
  unknown: '',
}

/** The tools' own examples; in Bedrock mode also an example that needs no tool and explains the flow. */
function examplesFor(
  { examples, userExamples, modelExamples }: PublicConfig,
  mode: Mode,
  flow: Flow,
): readonly string[] {
  const all = needsUser(flow) ? [...examples, ...userExamples] : examples
  return mode === 'direct' ? all : [...modelExamples, ...all, flowWords[flow].example]
}
