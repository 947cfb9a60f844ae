import {
  type Flow,
  needsUser,
  type PublicAgent,
  type PublicConfig,
  type TokenRole,
} from '@entra-agents/trace'
import '@entra-agents/trace-view/styles/trace.css'
import { type FormulaTerm, flowWords } from '@entra-agents/trace-view/words/flows'
import './exchange-map.css'

interface TokenExchangeMapProps {
  readonly config: PublicConfig
  /** The agent that is asked. */
  readonly agent: PublicAgent | undefined
  readonly flow: Flow
  /** Whether a model chooses the tools. */
  readonly hasModel: boolean
}

/** Who asks whom for what, and which token results: only Entra ID issues T1 and TR. */
export function TokenExchangeMap({ config, agent, flow, hasModel }: TokenExchangeMapProps) {
  const apis = config.apis.filter(({ name }) => agent?.apis.includes(name))
  const [api] = apis
  const sent = needsUser(flow) ? 'Tc' : undefined
  const exchanges = tokenRequestsFor(flowWords[flow].terms)
  const height = 70 * exchanges.length
  const name = apis.length === 1 && api ? api.title : `${apis.length} APIs`
  return (
    <svg class="map" viewBox={`0 0 600 ${height + 166}`} role="img" aria-label={tellMap(name, flow)}>
      <rect class="map-pod" x="196" y="8" width="136" height={height + 156} rx="12" />
      <text class="map-note" x="264" y="26">
        one pod
      </text>
      <Arrow from={[112, 60]} to={[210, 60]} token={sent} note={sent ? '' : 'question'} />
      <Arrow from={[318, 60]} to={[482, 60]} token="TR" />
      <Arrow from={[248, 84]} to={[248, 152]} token={sent} />
      <Arrow from={[282, 152]} to={[282, 84]} token="TR" />
      {hasModel && <Arrow from={[210, 78]} to={[104, 202]} />}
      {hasModel && (
        <text class="map-note" x="120" y="140">
          no token
        </text>
      )}
      {exchanges.map(({ shown, issued }, index) => (
        <>
          <Arrow
            from={[318, 170 + 70 * index]}
            to={[482, 170 + 70 * index]}
            note={`shows ${shown}`}
            isUnseen
          />
          <Arrow from={[482, 202 + 70 * index]} to={[318, 202 + 70 * index]} token={issued} isUnseen />
        </>
      ))}
      <Box x={12} y={40} width={100} name="You" />
      {hasModel && <Box x={12} y={202} width={100} name="Model" />}
      <Box x={210} y={40} width={108} height={44} name={agent?.title ?? 'Agent'} />
      <Box x={210} y={152} width={108} height={height} name="Sidecar" />
      <Box x={482} y={40} width={106} name={name} />
      <Box x={482} y={152} width={106} height={height} name="Entra ID" />
    </svg>
  )
}

/** The token requests of the sidecar in order: what it presents to Entra ID and what it gets. */
function tokenRequestsFor(
  terms: readonly FormulaTerm[],
): readonly { readonly shown: string; readonly issued: TokenRole }[] {
  return [
    { shown: 'its credential', issued: 'T1' },
    ...(terms.includes('T2') ? [{ shown: 'T1', issued: 'T2' } as const] : []),
    { shown: terms.join(' and '), issued: 'TR' },
  ]
}

function tellMap(api: string, flow: Flow): string {
  const asked = needsUser(flow) ? 'with your token (Tc)' : flowWords[flow].asWhom
  const T2 = flowWords[flow].terms.includes('T2') ? ', for T1 also T2' : ''
  return `You ask the agent. The agent asks its sidecar for a token, ${asked}. Entra ID issues T1 to the sidecar${T2} and, with T1, TR; with TR the agent calls the API (${api}). The model sees no token.`
}

/** How many characters fit into a box; longer names are squeezed. */
const maxNameLength = 12

interface BoxProps {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height?: number
  readonly name: string
}

function Box({ x, y, width, height = 40, name }: BoxProps) {
  return (
    <g class="map-box">
      <rect x={x} y={y} width={width} height={height} rx="8" />
      <text
        x={x + width / 2}
        y={y + height / 2 + 4.5}
        textLength={name.length > maxNameLength ? width - 10 : undefined}
        lengthAdjust="spacingAndGlyphs"
      >
        {name}
      </text>
    </g>
  )
}

type Point = readonly [number, number]

interface ArrowProps {
  readonly from: Point
  readonly to: Point
  readonly token?: TokenRole | undefined
  readonly note?: string
  readonly isUnseen?: boolean
}

function Arrow({ from: [x1, y1], to: [x2, y2], token, note, isUnseen = false }: ArrowProps) {
  const angle = (Math.atan2(y2 - y1, x2 - x1) * 180) / Math.PI
  const [x, y] = [(x1 + x2) / 2, (y1 + y2) / 2]
  return (
    <g class="drawn-way" data-token={token} data-unseen={isUnseen}>
      <line x1={x1} y1={y1} x2={x2} y2={y2} />
      <path stroke="none" d="M0 0l-8-4.5v9z" transform={`translate(${x2} ${y2}) rotate(${angle})`} />
      {token && (
        <g class="drawn-mark" transform={`translate(${x} ${y})`}>
          <rect x="-15" y="-10" width="30" height="20" rx="4" />
          <text y="4.5">{token}</text>
        </g>
      )}
      {note && (
        <text class="map-note" x={x} y={y - 7}>
          {note}
        </text>
      )}
    </g>
  )
}
