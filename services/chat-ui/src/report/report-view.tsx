import type { Flow, TokenCard } from '@entra-agents/trace'
import { Icon } from '@entra-agents/trace-view/controls/icon'
import { Table } from '@entra-agents/trace-view/controls/table'
import { FormulaView } from '@entra-agents/trace-view/identity/formula-view'
import { PhraseView } from '@entra-agents/trace-view/identity/phrase-view'
import { TokenMark } from '@entra-agents/trace-view/identity/token-mark'
import { FourAnswers, VerdictLine } from '@entra-agents/trace-view/identity/verdict-view'
import { viewClaims } from '@entra-agents/trace-view/trace/claims'
import { logQueries } from '@entra-agents/trace-view/trace/log-queries'
import { outcomeDetails } from '@entra-agents/trace-view/trace/outcome-details'
import { tellTime } from '@entra-agents/trace-view/trace/row-words'
import { tellStep } from '@entra-agents/trace-view/trace/step-words'
import { tellStory } from '@entra-agents/trace-view/trace/story'
import { type Row, toTimeline } from '@entra-agents/trace-view/trace/timeline'
import { carriedTokenRole } from '@entra-agents/trace-view/trace/traced-answer'
import { flowWords } from '@entra-agents/trace-view/words/flows'
import { modeNames, type Names } from '@entra-agents/trace-view/words/names'
import { toReader } from '@entra-agents/trace-view/words/reader'
import { count, formatDuration } from '@entra-agents/trace-view/words/times'
import { tellUsage } from '@entra-agents/trace-view/words/usage'
import { spellOutDirections, spellOutHidden } from '@entra-agents/trace-view/words/visible-text'
import type { ComponentChildren } from 'preact'
import { DecidedLine } from '../conversation/decided-line.tsx'
import type { ExportedTurn } from '../conversation/turn-shape.ts'
import type { ExportedFile } from './file-shape.ts'
import { namesOf, type ToldTurn, tellTurn } from './told-turn.ts'

const format = new Intl.DateTimeFormat('en-GB', { timeZone: 'UTC', dateStyle: 'long', timeStyle: 'medium' })

function tellMoment(text: string): string {
  const time = new Date(text)
  return Number.isNaN(time.getTime()) ? 'at no known time' : `${format.format(time)} UTC`
}

/** A file for people to read: who called whom and who allowed it, then how; the file itself at the end. All of it as text. */
export function ReportView({ file }: { readonly file: ExportedFile }) {
  const names = namesOf(file)
  const { turns, from, exportedAt, redacted, fromFile } = file
  const emulated = names.actors.filter(names.isEmulated).map(names.actor)
  const about = [
    'Identity trace',
    `saved ${tellMoment(exportedAt)} from ${spellOutHidden(from.host)}${from.version && `, version ${from.version}`}`,
    ...(emulated.length > 0 ? [`emulated: ${emulated.join(', ')}`] : []),
    redacted ? 'people and tenant left out' : 'with personal data',
  ]
  return (
    <main class="report stack gap-5 middle">
      <p class="fine">{about.join(' · ')}</p>
      {fromFile && (
        <p class="notice">
          <strong>From a file or link:</strong> that is what it said of itself. The page that saved this
          report did not see it.
        </p>
      )}
      {turns.map((turn, index) => (
        <TurnView key={index} turn={turn} told={tellTurn(turn, names)} />
      ))}
      <details>
        <summary>All data, as JSON</summary>
        <pre>{spellOutInJson(JSON.stringify(file, undefined, 2))}</pre>
      </details>
    </main>
  )
}

/** Characters that turn the words around them, as JSON may write them too. */
function spellOutInJson(text: string): string {
  return text.replace(
    /\p{Bidi_Control}/gu,
    letter => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

export function reportTitle({ turns }: ExportedFile): string {
  const [first] = turns
  const others = turns.length > 1 ? ` and ${count(turns.length - 1, 'more question')}` : ''
  const message = [...(first?.question.message ?? '')].slice(0, 80).join('')
  return `Identity trace: “${spellOutDirections(message)}”${others}`
}

interface TurnProps {
  readonly turn: ExportedTurn
  readonly told: ToldTurn
}

function TurnView({ turn, told }: TurnProps) {
  const { question, turn: start, steps } = turn
  const { names, facts, verdict, formulas } = told
  const { mode, flow, model } = start ?? { ...question, model: null }
  const rows = toTimeline(steps).rows.filter(({ number }) => number > 0)
  const queries = logQueries(Object.assign({}, ...steps.map(({ logIds }) => logIds)))
  const about = [
    names.actor('agent'),
    `${toReader(flowWords[flow].asWhom, names)} (in Entra: ${flowWords[flow].entraName})`,
    modeNames[mode] + (model ? ` (${model})` : ''),
    ...(start ? [`asked ${tellMoment(start.startedAt)}`, `turn ${start.traceId ?? start.turnId}`] : []),
  ]
  return (
    <article class="stack gap-5">
      <header>
        <h1 dir="auto">“{spellOutDirections(question.message)}”</h1>
        <p class="fine">{about.join(' · ')}</p>
      </header>
      {steps.length > 0 && (
        <section class="card frame verdict-box" aria-label="Verdict">
          <VerdictLine {...verdict} />
          <FourAnswers answers={verdict.answers} />
          <div class="below stack rule">
            {formulas.map((formula, index) => (
              <FormulaView key={index} formula={formula} />
            ))}
            <p class="column t2">{tellStory(facts, names)}</p>
          </div>
        </section>
      )}
      <Decisions {...turn} told={told} />
      <Answer {...turn} told={told} />
      {steps.length > 0 && (
        <section>
          <h2>Steps</h2>
          <Table
            head={['Step', 'Where', 'Token', 'At', 'Took']}
            rows={rows.map(row => tellRow(row, facts.flow, names))}
          />
        </section>
      )}
      {facts.uses.map(({ token }) => (
        <WhatMatters key={token.fingerprint} token={token} names={names} />
      ))}
      {queries.length > 0 && (
        <section>
          <h2>Find it in the logs</h2>
          {queries.map(({ log, text }) => (
            <pre key={log}>{`// ${log}\n${text}`}</pre>
          ))}
        </section>
      )}
    </article>
  )
}

/** What people decided, each line as in the conversation, and then the API. */
function Decisions({ decided = [], told: { names, verdict } }: ExportedTurn & Pick<TurnProps, 'told'>) {
  if (decided.length === 0) return null
  const last = verdict.answers.at(-1)
  return (
    <section>
      <h2>Who decided</h2>
      {decided.map((call, index) => (
        <DecidedLine key={index} call={call} isReaderUser={names.isReaderUser} />
      ))}
      {verdict.outcome.kind === 'allowed' && last && (
        <p class="decided ends note">
          <Icon name="check" />
          <span>
            {last.value} allowed it: <PhraseView phrase={last.detail} />
          </span>
        </p>
      )}
    </section>
  )
}

function Answer({ answer, state, notices, problem, result, told }: ExportedTurn & Pick<TurnProps, 'told'>) {
  return (
    <section>
      <h2>Answer</h2>
      <p class="said" dir="auto">
        {spellOutDirections(answer.trim())}
      </p>
      {state === 'stopped' && (
        <p class="note">{outcomeDetails[told.facts.outcome].stopped ?? 'This answer was stopped.'}</p>
      )}
      {[...notices, ...(problem ? [problem] : [])].map(({ code, title, detail, hint }) => (
        <p key={code}>
          <strong>{title}</strong> {detail} {hint} <code>{code}</code>
        </p>
      ))}
      {result && <p class="note">{tellUsage(result.usage, formatDuration(result.timing.totalMs))}</p>}
    </section>
  )
}

/** A step in the cells of a table. */
function tellRow(row: Row, flow: Flow, names: Names): readonly ComponentChildren[] {
  const { step, span } = row
  const { title, where } = tellStep(step, flow, names)
  const token = carriedTokenRole(step)
  return [
    <span key="title" class={step.parentId && 'inner'}>
      {title}
    </span>,
    where,
    token && <TokenMark token={token} />,
    span && formatDuration(span.begin.ms),
    tellTime(row, false),
  ]
}

const questions = [
  ['Who called', ['azp', 'appid']],
  ['For whom', ['oid']],
  ['To whom', ['aud']],
  ['By which right', ['scp', 'roles']],
  ['Proof', ['acrs']],
] as const

/** What an API decides by. All other claims are in the data. */
function WhatMatters({ token, names }: { readonly token: TokenCard; readonly names: Names }) {
  const claims = viewClaims(token, names)
  const rows = questions.flatMap(([question, wanted]) =>
    claims
      .filter(({ name }) => wanted.some(one => one === name))
      .map(({ name, text, standsFor }) => [
        question,
        standsFor ?? text,
        <code key={name}>{standsFor ? `${name} ${text}` : name}</code>,
      ]),
  )
  const others = claims.length - rows.length
  return (
    <section>
      <h2>
        The agent’s token <TokenMark token={token.role} />, what matters of it
      </h2>
      <Table head={['Question', 'Says', 'Claim']} rows={rows} />
      {others > 0 && <p class="note">{count(others, 'more claim')}: in the data at the end.</p>}
    </section>
  )
}
