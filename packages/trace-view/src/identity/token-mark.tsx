import type { TokenRole } from '@entra-agents/trace'
import '../styles/trace.css'

/** The mark of a token. Marks differ in shape, so that print, forced colours and colour blindness do not matter. */
export function TokenMark({ token }: { readonly token: TokenRole }) {
  return (
    <span class="mark" data-token={token}>
      {token}
    </span>
  )
}
