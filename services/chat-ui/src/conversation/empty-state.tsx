import type { Page } from '../page.ts'

export function EmptyState({ page: { config, conversation } }: { readonly page: Page }) {
  return (
    <div class="empty">
      <h2>Ask something, and watch who asks.</h2>
      <p>
        For every answer the agent obtains a token that belongs to itself, and the API that it calls checks
        it. The Identity Trace shows each step.
      </p>
      <ul class="examples" aria-label="Examples">
        {config.examples.map(example => (
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
