import type { TokenRole } from '@entra-bedrock-agent/identity-trace'
import { Icon, type IconName } from '../controls/icon.tsx'

const icons: Readonly<Record<TokenRole, IconName>> = { Tc: 'user', T1: 'sheet', TR: 'agent' }

/** The kind of a token, told by colour, shape and word alike. */
export function TokenBadge({ token }: { readonly token: TokenRole }) {
  return (
    <span class="badge" data-role={token}>
      <Icon name={icons[token]} />
      {token}
    </span>
  )
}
