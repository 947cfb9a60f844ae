import type { ComponentChildren } from 'preact'
import { tableRoles } from '../controls/table.tsx'
import { type ClaimInWords, type ComparedToken, compareTokens, tellMainDifference } from './comparison.ts'
import { type Sign, SignMark } from './sign.tsx'
import '../styles/views.css'

type Pair = readonly [left: ComponentChildren, right: ComponentChildren]

interface ComparisonTableProps {
  readonly left: ComparedToken
  readonly right: ComparedToken
  readonly heads: Pair
  /** How the two turns ended, for tokens of two turns with the same question; it replaces when the tokens were issued. */
  readonly outcome?: { readonly sign: Sign; readonly sides: Pair }
}

/** Two tokens, question by question: a row for each difference, and one line for what was kept. */
export function ComparisonTable({ left, right, heads, outcome }: ComparisonTableProps) {
  const compared = compareTokens(left, right)
  const { groups, others } = compared
  const lesson = outcome ? undefined : tellMainDifference(compared)
  const shown = outcome ? groups.slice(0, -1) : groups
  return (
    <table class="compared" {...tableRoles.table}>
      {lesson && (
        <caption>
          <b>{lesson}</b>
        </caption>
      )}
      <thead {...tableRoles.rowGroup}>
        <tr {...tableRoles.row}>
          <th class="question-name" scope="col" {...tableRoles.columnHeader}>
            <span class="visually-hidden">Question</span>
          </th>
          <th scope="col" {...tableRoles.columnHeader}>
            {heads[0]}
          </th>
          <th class="between center" scope="col" {...tableRoles.columnHeader}>
            <span class="visually-hidden">Difference</span>
          </th>
          <th scope="col" {...tableRoles.columnHeader}>
            {heads[1]}
          </th>
        </tr>
      </thead>
      {shown.map(({ title, rows, kept }, index) => {
        const isLast = !outcome && index === shown.length - 1
        return (
          <tbody key={title} {...tableRoles.rowGroup}>
            {rows.map(({ name, sign, left, right }, row) => (
              <Difference
                key={name}
                question={title}
                isFirst={row === 0}
                sign={sign}
                sides={[<Claim claim={left} />, <Claim claim={right} />]}
              />
            ))}
            {(kept.names.length > 0 || (isLast && others > 0)) && (
              <tr class="kept" {...tableRoles.row}>
                <QuestionName question={title} isFirst={rows.length === 0} />
                <td class="cut" colSpan={3} {...tableRoles.cell}>
                  {kept.names.length > 0 && (
                    <>
                      <SignMark sign="same" /> {kept.names.length} kept{kept.words && `: ${kept.words}`}{' '}
                      <code>{kept.names.join(' ')}</code>
                    </>
                  )}
                  {isLast && others > 0 && ` · ${others} internal`}
                </td>
              </tr>
            )}
          </tbody>
        )
      })}
      {outcome && (
        <tbody {...tableRoles.rowGroup}>
          <Difference question="Outcome" isFirst {...outcome} />
        </tbody>
      )}
    </table>
  )
}

interface QuestionNameProps {
  readonly question: string
  /** Whether the row is the question's first: only there its name is visible. */
  readonly isFirst: boolean
}

function QuestionName({ question, isFirst }: QuestionNameProps) {
  return (
    <th class="question-name" scope="row" {...tableRoles.rowHeader}>
      <span class={isFirst ? undefined : 'visually-hidden'}>{question}</span>
    </th>
  )
}

interface DifferenceProps extends QuestionNameProps {
  readonly sign: Sign
  readonly sides: Pair
}

function Difference({ sign, sides: [left, right], ...question }: DifferenceProps) {
  return (
    <tr data-sign={sign} {...tableRoles.row}>
      <QuestionName {...question} />
      <td {...tableRoles.cell}>{left}</td>
      <td class="between center" {...tableRoles.cell}>
        <SignMark sign={sign} />
        <span class="visually-hidden">{sign === 'same' ? 'kept' : sign}</span>
      </td>
      <td {...tableRoles.cell}>{right}</td>
    </tr>
  )
}

function Claim({ claim }: { readonly claim: ClaimInWords | undefined }) {
  if (!claim) return <span class="soft">not in this token</span>
  const { name, words, code } = claim
  return (
    <>
      {name && <strong dir="auto">{name}</strong>}
      {words && <span dir="auto">{words}</span>} <code dir="auto">{code}</code>
    </>
  )
}
