import type { ComponentChildren, ComponentProps } from 'preact'
import { widthOf } from './fit-text.ts'

/** The light colours of the page: a picture has no theme. */
export const ink = '#15181b'
export const soft = '#555e68'
export const thin = '#e1e4e8'
export const edge = '#828c97'
export const white = '#ffffff'

/** Fonts of systems, none of them much wider than Inter: nothing can measure the text where the picture is shown. */
export const fonts =
  'Inter, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Liberation Sans", Arial, Helvetica, sans-serif'
export const mono = 'ui-monospace, Menlo, Consolas, "Liberation Mono", monospace'

export interface Tone {
  readonly line: string
  readonly surface: string
}

export const tones = {
  allowed: { line: '#0b6b5d', surface: '#e6f3f0' },
  denied: { line: '#b0241c', surface: '#fdf0ef' },
  waiting: { line: '#855000', surface: '#fff6e1' },
  neutral: { line: soft, surface: '#eef0f2' },
} as const satisfies Readonly<Record<string, Tone>>

/** The tone of an outcome; those that are neither good nor bad have none of their own. */
export function toneOf(kind: string): Tone {
  return kind === 'allowed' || kind === 'denied' || kind === 'waiting' ? tones[kind] : tones.neutral
}

/** Where the content begins and ends. */
export const [left, right] = [64, 1136]

export const dashes = { 'stroke-dasharray': '6 5' }
export const strokes = { fill: 'none', 'stroke-width': 2, 'stroke-linecap': 'round' } as const

interface PlacedProps {
  readonly x: number
  readonly y?: number
  readonly children: ComponentChildren
}

/** What is drawn from its own upper left corner. */
export function Placed({ x, y = 0, children }: PlacedProps) {
  return <g transform={`translate(${x} ${y})`}>{children}</g>
}

interface LinesProps extends Omit<ComponentProps<'text'>, 'x' | 'y'> {
  readonly x: number
  readonly y: number
  readonly lines: readonly string[]
  readonly step?: number
  readonly size?: number
  /** How wide a line may be. One that nearly is gets its width from here, since the font is that of who looks at it. */
  readonly room?: number
}

/** Large text is set tighter. */
export const tight = (size: number) => (size > 40 ? size * 0.944 : size)

export function Lines({ x, y, lines, step = 24, size = 17, room = Infinity, ...look }: LinesProps) {
  return (
    <text font-size={size} {...look}>
      {lines.map((line, index) => {
        const width = widthOf(line, tight(size))
        const fixed = { textLength: Math.min(width, room), lengthAdjust: 'spacingAndGlyphs' }
        return (
          <tspan key={index} x={x} y={y + index * step} {...(width > room * 0.8 && fixed)}>
            {line}
          </tspan>
        )
      })}
    </text>
  )
}

const signs = { allowed: 'm3 8.5 3.5 3.5L13 4.5', denied: 'm4.5 4.5 7 7M11.5 4.5l-7 7' }

interface SignProps {
  readonly x: number
  readonly y: number
  readonly size: number
  readonly kind: string
}

/** The sign of what was allowed or denied; any other outcome has none. */
export function Sign({ x, y, size, kind }: SignProps) {
  if (kind !== 'allowed' && kind !== 'denied') return null
  const transform = `translate(${x} ${y}) scale(${size / 16})`
  return (
    <path
      d={signs[kind]}
      transform={transform}
      stroke={tones[kind].line}
      stroke-linejoin="round"
      {...strokes}
    />
  )
}
