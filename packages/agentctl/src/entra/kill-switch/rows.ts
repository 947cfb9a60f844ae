/** A row of a deny list (docs/kill-switch.md). */
export type Row = Readonly<Record<string, unknown>>

/** Entra sets `iat`, which the deny list compares, this long before it issues a token. */
export const backdatedMs = 5 * 60 * 1_000

/** Denies agents, and notes since when. Rows of others stay as they are. */
export function denyAgents(rows: readonly Row[], agentIds: readonly string[], nowMs: number): readonly Row[] {
  return agentIds.reduce(
    (list, agent) => [
      ...withoutAgent(list, agent),
      { agent },
      cutOffRow(agent, latestMs(list, agent, nowMs)),
    ],
    rows,
  )
}

/**
 * Accepts denied agents again, but none of their earlier tokens. Entra dates tokens back by five minutes, so a token
 * passes only if its `iat` is later than the denial and later than five minutes before now.
 */
export function allowAgents(
  rows: readonly Row[],
  agentIds: readonly string[],
  nowMs: number,
): readonly Row[] {
  return agentIds
    .filter(agent => rows.some(row => isRowOf(row, agent)))
    .reduce(
      (list, agent) => [
        ...withoutAgent(list, agent),
        cutOffRow(agent, latestMs(list, agent, nowMs - backdatedMs)),
      ],
      rows,
    )
}

/** The `iat` from which on tokens of an agent are accepted, in milliseconds since 1970. */
export function acceptedFromMs(rows: readonly Row[], agent: string): number {
  return latestMs(rows, agent, 0)
}

const cutOffRow = (agent: string, ms: number): Row => ({ agent, issuedBefore: new Date(ms).toISOString() })

function isRowOf(row: Row, agent: string): boolean {
  return String(row['agent']).toLowerCase() === agent.toLowerCase()
}

function withoutAgent(rows: readonly Row[], agent: string): readonly Row[] {
  return rows.filter(row => !isRowOf(row, agent))
}

/** The latest of `ms` and the times in the agent's rows. */
function latestMs(rows: readonly Row[], agent: string, ms: number): number {
  const times = rows.filter(row => isRowOf(row, agent)).map(({ issuedBefore }) => issuedBefore)
  const known = times.map(time => (typeof time === 'number' ? time * 1_000 : Date.parse(String(time))))
  return Math.max(ms, ...known.filter(time => !Number.isNaN(time)))
}
