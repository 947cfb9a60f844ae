import { Icon } from '../controls/icon.tsx'
import type { StoryLine } from './story.ts'
import { TokenBadge } from './token-badge.tsx'

interface StoryViewProps {
  readonly lines: readonly StoryLine[]
  /** Leads to the step that shows a token. */
  readonly onSeek: (line: StoryLine) => void
}

/** What happened, in one sentence for each token. */
export function StoryView({ lines, onSeek }: StoryViewProps) {
  return (
    <ul class="story" aria-label="What happened">
      {lines.map(line => (
        <li key={`${line.who} ${line.token?.fingerprint ?? ''}`} data-failed={line.failed}>
          {line.token ? (
            <TokenBadge token={line.token.role} />
          ) : (
            <Icon name={line.failed ? 'warning' : 'bedrock'} />
          )}
          <p>
            <strong>{line.who}</strong> {line.did}{' '}
            {line.token && (
              <button type="button" class="link" onClick={() => onSeek(line)}>
                Show {line.token.role}
              </button>
            )}
          </p>
        </li>
      ))}
    </ul>
  )
}
