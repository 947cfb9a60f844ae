import type { TokenRole } from '@entra-bedrock-agent/identity-trace'
import './token-mark.css'

/** The mark of a token. Told apart by form, so it survives print, forced colours and every eye. */
export function TokenMark({ token }: { readonly token: TokenRole }) {
  return (
    <span class="mark" data-token={token}>
      {token}
    </span>
  )
}
