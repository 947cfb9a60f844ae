import { TokenMark } from '../identity/token-mark.tsx'
import type { StepUp } from './acrs.ts'
import { SignMark } from './sign.tsx'
import './acrs-table.css'

/** How a step-up will change, or has changed, the claim `acrs` of both tokens. */
export function AcrsTable({ stepUp: { isDone, rows } }: { readonly stepUp: StepUp }) {
  return (
    <table class="acrs" aria-label="Stronger sign-in">
      <thead>
        <tr>
          <th scope="col">
            <code>acrs</code>
          </th>
          <th scope="col">{isDone ? 'before' : 'now'}</th>
          <th scope="col">{isDone ? 'after' : 'wanted'}</th>
        </tr>
      </thead>
      <tbody>
        {rows.map(({ role, before, after }) => (
          <tr key={role}>
            <th scope="row">
              <TokenMark token={role} />
            </th>
            <td>
              <Contexts contexts={before} />
            </td>
            <td>
              {after.length > before.length && <SignMark sign="added" />} <Contexts contexts={after} />
              {!isDone && role === 'Tc' && ', by a new sign-in'}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}

function Contexts({ contexts }: { readonly contexts: readonly string[] }) {
  return contexts.length > 0 ? <span>{contexts.join(' ')}</span> : <span class="note">not in this token</span>
}
