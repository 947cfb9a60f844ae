import type { Mode } from '@entra-bedrock-agent/identity-trace'
import type { Conversation } from './conversation.ts'

const examples: Readonly<Record<Mode, readonly string[]>> = {
  direct: ['Weather in Dallas?', 'What’s it like in São Paulo tomorrow?', 'Forecast for New York, 3 days'],
  bedrock: [
    'Do I need an umbrella in London today?',
    'Compare the weather in Oslo and Rome',
    'What can you see about me?',
  ],
}

export function EmptyState({ conversation }: { readonly conversation: Conversation }) {
  return (
    <div class="empty">
      <h2>Ask about the weather, and watch who asks.</h2>
      <p>
        For every answer the agent obtains a token that belongs to itself, and the weather API checks it. The
        Identity Trace shows each step.
      </p>
      <ul class="examples" aria-label="Examples">
        {examples[conversation.mode.value].map(example => (
          <li key={example}>
            <button type="button" class="button" onClick={() => void conversation.ask(example)}>
              {example}
            </button>
          </li>
        ))}
      </ul>
    </div>
  )
}
