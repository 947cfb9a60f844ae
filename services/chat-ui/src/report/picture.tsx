import type { FactAnswer, OutcomeKind } from '@entra-agents/trace-view/identity/verdict'
import { phraseText } from '@entra-agents/trace-view/words/phrase'
import { render } from 'preact'
import type { ExportedFile } from './file-shape.ts'
import { fitText, widthOf } from './fit-text.ts'
import { Exchange, plateHeight } from './picture-formula.tsx'
import {
  edge,
  fonts,
  ink,
  Lines,
  left,
  Placed,
  right,
  Sign,
  soft,
  strokes,
  thin,
  tight,
  toneOf,
  tones,
  white,
} from './picture-parts.tsx'
import { namesOf, tellTurn } from './told-turn.ts'

const [width, height] = [1200, 630]

/** The verdict of a file's first answer as an SVG file. Whatever a trace says is in it as text. */
export function writePicture(file: ExportedFile): string {
  const place = document.createElement('div')
  render(<Picture file={file} />, place)
  const [svg] = place.children
  return svg ? new XMLSerializer().serializeToString(svg) : ''
}

export function Picture({ file }: { readonly file: ExportedFile }) {
  const ofFile = namesOf(file)
  const [turn] = file.turns
  if (!turn) return null
  const { verdict, formulas, facts } = tellTurn(turn, ofFile)
  const { headline, outcome, answers } = verdict
  const badge = widthOf(outcome.words, 22) + 62
  const titleRoom = right - left - badge - 24
  const title = fitText(headline, titleRoom, tight(44), 2)
  const stripTop = 141 + (title.length - 1) * 50
  const texts = answers.map((answer, index) => tellAnswer(answer, widthOfColumn(index)))
  const stripHeight = 92 + 25 * Math.max(1, ...texts.map(({ lines }) => lines))
  const formula = formulas.find(({ result }) => result.card === facts.exchange?.token) ?? formulas.at(-1)
  const size = { width, height, viewBox: `0 0 ${width} ${height}` }
  const look = { 'font-family': fonts, 'font-size': 17, fill: ink }
  const strip = { width: right - left, height: stripHeight, rx: 12, fill: 'none', stroke: thin }
  return (
    <svg xmlns="http://www.w3.org/2000/svg" {...size} {...look} role="img" aria-label={title.join(' ')}>
      <rect width={width} height={height} fill={white} />
      <Lines x={left} y={97} lines={title} step={50} size={44} room={titleRoom} font-weight="600" />
      <Placed x={right - badge} y={58}>
        <Badge width={badge} {...outcome} />
      </Placed>
      <rect x={left} y={stripTop} {...strip} />
      {texts.map((text, index) => (
        <Placed key={index} x={columns[index] ?? left} y={stripTop}>
          {index > 0 && <path d={`M0 0v${stripHeight}`} stroke={thin} />}
          <Answer {...text} />
        </Placed>
      ))}
      {formula && <Exchange formula={formula} top={(stripTop + stripHeight + 554) / 2 - plateHeight / 2} />}
      <Footer file={file} startedAt={turn.turn?.startedAt} isEmulated={ofFile.isEmulated('entra')} />
    </svg>
  )
}

interface BadgeProps {
  readonly width: number
  readonly kind: OutcomeKind
  readonly words: string
}

function Badge({ width, kind, words }: BadgeProps) {
  const { line, surface } = toneOf(kind)
  return (
    <>
      <rect width={width} height="46" rx="23" fill={surface} />
      <Sign x={14} y={12} size={22} kind={kind} />
      <Lines x={40} y={31} lines={[words]} size={22} font-weight="600" fill={line} />
    </>
  )
}

/** Where the four answers begin, and where the last one ends. */
const columns = [0, 9, 18, 31, 41.5].map(part => left + (part / 41.5) * (right - left))

function widthOfColumn(index: number): number {
  return (columns[index + 1] ?? right) - (columns[index] ?? left)
}

function tellAnswer({ value, detail, checks = [], ...answer }: FactAnswer, columnWidth: number) {
  const room = columnWidth - 44
  const values = fitText(value, room, 26, 2)
  const notes = fitText(phraseText(detail), room, 17, 2)
  const lines = values.length + notes.length - (checks.length > 0 ? 0 : 1)
  return { ...answer, checks, room, values, notes, lines }
}

function Answer({ question, room, values, checks, notes, isBad }: ReturnType<typeof tellAnswer>) {
  const below = 69 + (values.length - 1) * 30
  const look = { size: 26, 'font-weight': 600, fill: isBad ? tones.denied.line : ink }
  return (
    <Placed x={25}>
      <Lines x={0} y={36} lines={[question]} fill={soft} />
      <Lines x={0} y={69} lines={values} step={30} room={room} {...look} />
      {checks.slice(0, 11).map(({ ok }, place) => {
        const kind = ok ? 'allowed' : 'denied'
        return (
          <Placed key={place} x={place * 19} y={below}>
            <rect y="10" width="18" height="18" fill={tones[kind].surface} />
            <Sign x={2} y={12} size={14} kind={kind} />
          </Placed>
        )
      })}
      <Lines x={0} y={below + (checks.length > 0 ? 50 : 26)} lines={notes} room={room} fill={soft} />
    </Placed>
  )
}

const dateFormat = new Intl.DateTimeFormat('en-GB', {
  timeZone: 'UTC',
  dateStyle: 'medium',
  timeStyle: 'short',
})

interface FooterProps {
  readonly file: ExportedFile
  readonly startedAt: string | undefined
  readonly isEmulated: boolean
}

function Footer({ file, startedAt, isEmulated }: FooterProps) {
  const time = new Date(startedAt ?? file.exportedAt)
  const moment = Number.isNaN(time.getTime()) ? [] : [`${dateFormat.format(time)} UTC`]
  const source = file.fromFile ? ['made from a file or link'] : []
  const about = ['Identity Trace', 'Entra Bedrock Agent', ...moment, ...source].join(' · ')
  const tag = widthOf(emulatedWords, 17) + 12
  const tagLook = { fill: 'none', stroke: edge, 'stroke-dasharray': '3 2' }
  return (
    <>
      <Placed x={left} y={554}>
        <rect width="28" height="28" rx="7" />
        <path d={logo} transform="scale(0.875)" stroke={white} {...strokes} />
        <Lines x={42} y={20} lines={[about]} fill={soft} />
      </Placed>
      {isEmulated && (
        <Placed x={right - tag} y={554}>
          <rect y="1" width={tag} height="26" rx="4" {...tagLook} />
          <Lines x={tag / 2} y={20} lines={[emulatedWords]} fill={soft} text-anchor="middle" />
        </Placed>
      )}
    </>
  )
}

const logo = 'M16 7v4M16 21v4M7 16h4M21 16h4M13 16a3 3 0 1 0 6 0 3 3 0 1 0-6 0'
const emulatedWords = 'Entra ID emulated'
