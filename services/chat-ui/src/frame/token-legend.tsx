import { TokenBadge } from '../trace/token-badge.tsx'

/** What will be seen here, before anything has happened. */
export function TokenLegend() {
  return (
    <>
      <div class="trace-head">
        <h2>Identity Trace</h2>
      </div>
      <div class="trace-body">
        <p>Every step of the identity exchange appears here as it happens. Three tokens play in it:</p>
        <dl class="legend">
          <dt>
            <TokenBadge token="Tc" />
          </dt>
          <dd>
            <strong>Your token</strong> for the agent’s blueprint. Only in the flow OBO, when the agent acts
            on your behalf.
          </dd>
          <dt>
            <TokenBadge token="T1" />
          </dt>
          <dd>
            <strong>The blueprint’s token.</strong> It vouches for the agent at Entra ID. Made inside the
            sidecar, where nobody else sees it.
          </dd>
          <dt>
            <TokenBadge token="TR" />
          </dt>
          <dd>
            <strong>The agent’s own token</strong> for the API that it calls. It says who calls, and on whose
            behalf.
          </dd>
        </dl>
      </div>
    </>
  )
}
