import { chatLimits, countCharacters, type Flow, type TraceStep } from '@entra-agents/trace'
import { type ViewName, viewNamed } from '@entra-agents/trace-view/trace/trace-view'
import { tokenKey, tokensOf } from '@entra-agents/trace-view/trace/traced-answer'
import type { SideBySideChoice } from '../side-by-side/side-by-side.ts'

type Sides = Pick<SideBySideChoice, 'message' | 'sides'>

/** Where in the page the user is, as far as an address can say it. */
export interface Place {
  readonly agent?: string | undefined
  /** The number of the answer. */
  readonly turn?: number | undefined
  /** The agent's id of that turn. */
  readonly id?: string | undefined
  readonly view?: ViewName | undefined
  /** The names of two compared tokens. */
  readonly pair?: readonly string[] | undefined
  readonly step?: number | undefined
  readonly token?: string | undefined
  readonly find?: string | undefined
  /** The pane, if there is room for only one. */
  readonly pane?: 'trace' | undefined
  readonly side?: Sides | undefined
  readonly present?: number | undefined
  readonly try?: number | undefined
  /** The fragment that carries the shown trace, or `file` if a file is open. */
  readonly opened?: string | undefined
}

const mostCharacters = 64 * 1024
const flowInAddress: Readonly<Record<Flow, string>> = {
  autonomous: 'self',
  obo: 'me',
  'agent-user': 'account',
}

/** Reads the fragment of an address. It may come from anybody: what is too long or unknown is left out. */
export function readPlace(fragment: string): Place {
  const parts = new URLSearchParams(fragment.length > mostCharacters ? '' : fragment.slice(1))
  const text = (name: string) => {
    const value = parts.get(name) ?? ''
    return value === '' || value.length > 200 ? undefined : value
  }
  const number = (name: string) =>
    /^[1-9]\d{0,4}$/.test(parts.get(name) ?? '') ? Number(parts.get(name)) : undefined
  const [view, pair] = text('view')?.split(':') ?? []
  const names = pair?.split(',')
  return {
    opened: fragment.startsWith('#trace=') ? fragment : undefined,
    agent: text('agent'),
    turn: number('turn'),
    id: text('id'),
    view: viewNamed(view),
    pair: view === 'compare' && names?.length === 2 ? names : undefined,
    step: number('step'),
    token: text('token'),
    find: text('find'),
    pane: parts.get('pane') === 'trace' ? 'trace' : undefined,
    side: readSides(text('side'), parts.get('q')?.trim() ?? ''),
    present: number('present'),
    try: number('try'),
  }
}

function readSides(text = '', message: string): Sides | undefined {
  const [left, right, ...more] = text.split(',').map(side => {
    const [, agent, word] = /^(.+):(\w+)$/.exec(side) ?? []
    const flow = (Object.keys(flowInAddress) as Flow[]).find(name => flowInAddress[name] === word)
    return agent !== undefined && flow && { agent, flow }
  })
  const isMessage = message !== '' && countCharacters(message) <= chatLimits.messageCharacters
  return left && right && more.length === 0 && isMessage ? { message, sides: [left, right] } : undefined
}

/** The fragment of a place's address. */
export function fragmentOf({ opened, side, ...place }: Place): string {
  if (opened !== undefined) return opened === 'file' ? '' : opened
  const { agent, turn, id, view, pair, step, token, find, pane, present } = place
  const viewed = view === 'steps' ? undefined : pair?.length === 2 ? `${view}:${pair}` : view
  const named = side
    ? {
        side: side.sides.map(({ agent, flow }) => `${agent}:${flowInAddress[flow]}`),
        q: side.message,
        present,
      }
    : turn === undefined
      ? { agent, pane, try: place.try }
      : { agent, turn, id, view: viewed, step, token, find, pane, present }
  const parts = new URLSearchParams()
  for (const [name, value] of Object.entries(named)) if (value !== undefined) parts.set(name, `${value}`)
  return parts.size === 0 ? '' : `#${parts}`.replaceAll('%3A', ':').replaceAll('%2C', ',')
}

/** Two places with the same key differ in details, to which Back does not lead. */
export function placeKey({ turn, view, pair, pane, side, present, opened }: Place): string {
  const below = opened ?? (side ? 'side' : [turn, view, pair, pane])
  return JSON.stringify([below, present !== undefined])
}

/** How many views lie above the conversation. */
export function coversOf({ side, present, opened }: Place): number {
  return [side, present, opened].filter(cover => cover !== undefined).length
}

/** The names of an answer's tokens in addresses, by the tokens' keys: `TR` or, if there are several, `TR1` and `TR2`. */
export function nameTokens(steps: readonly TraceStep[]): ReadonlyMap<string, string> {
  const byRole = Map.groupBy(tokensOf(steps), ({ role }) => role.toLowerCase())
  return new Map(
    [...byRole].flatMap(([role, cards]) =>
      cards.map((card, index) => [tokenKey(card), cards.length > 1 ? `${role}${index + 1}` : role] as const),
    ),
  )
}
