import {
  type Flow,
  type Mode,
  needsUser,
  type PublicConfig,
  type TokenRole,
} from '@entra-bedrock-agent/identity-trace'
import { flowWords } from '../words/flows.ts'

interface PathPictureProps {
  readonly config: PublicConfig
  readonly mode: Mode
  readonly flow: Flow
}

/** The path that a question takes in a mode and flow. */
export function PathPicture({ config: { apis }, mode, flow }: PathPictureProps) {
  const [api] = apis
  const sent = needsUser(flow) ? 'Tc' : undefined
  return (
    <svg class="path-picture" viewBox="0 0 480 208" role="img" aria-label={flowWords[flow].path}>
      <rect class="pod" x="166" y="2" width="148" height="204" rx="12" />
      <text class="pod-name" x="240" y="20">
        one pod
      </text>
      <Hop from={[112, 52]} to={[184, 52]} token={sent} />
      <Hop from={[296, 52]} to={[368, 52]} token="TR" />
      <Hop from={[214, 72]} to={[214, 146]} token={sent} />
      <Hop from={[266, 146]} to={[266, 72]} token="TR" />
      <Hop from={[296, 166]} to={[368, 166]} token="T1" />
      {mode === 'bedrock' && <Hop from={[190, 70]} to={[100, 146]} token={undefined} />}
      <Box x={2} y={32} name="You" />
      <Box x={185} y={32} name="Agent" />
      <Box x={368} y={32} name={apis.length === 1 && api ? api.title : `${apis.length} APIs`} />
      <Box x={2} y={146} name="Bedrock" unused={mode === 'direct'} />
      <Box x={185} y={146} name="Sidecar" />
      <Box x={368} y={146} name="Entra ID" />
    </svg>
  )
}

/** How many characters fit into a box; longer names are squeezed. */
const longestName = 13

interface BoxProps {
  readonly x: number
  readonly y: number
  readonly name: string
  /** It takes no part in this mode. */
  readonly unused?: boolean
}

function Box({ x, y, name, unused = false }: BoxProps) {
  return (
    <g class="box" data-unused={unused}>
      <rect x={x} y={y} width="110" height="40" rx="8" />
      <text
        x={x + 55}
        y={y + 24}
        textLength={name.length > longestName ? 100 : undefined}
        lengthAdjust="spacingAndGlyphs"
      >
        {name}
      </text>
    </g>
  )
}

type Point = readonly [number, number]

interface HopProps {
  readonly from: Point
  readonly to: Point
  readonly token: TokenRole | undefined
}

function Hop({ from: [x1, y1], to: [x2, y2], token }: HopProps) {
  const angle = (Math.atan2(y2 - y1, x2 - x1) * 180) / Math.PI
  return (
    <g class="path-hop" data-role={token}>
      <line x1={x1} y1={y1} x2={x2} y2={y2} />
      <path d="M0 0l-7-4v8z" transform={`translate(${x2} ${y2}) rotate(${angle})`} />
      {token && (
        <g class="mark" transform={`translate(${(x1 + x2) / 2} ${(y1 + y2) / 2})`}>
          <rect x="-14" y="-9" width="28" height="18" rx="5" />
          <text y="4">{token}</text>
        </g>
      )}
    </g>
  )
}
