import type { Flow, TokenCard, TraceStep } from '@entra-agents/trace'
import { Fact } from '@entra-agents/trace-view/controls/fact'
import { FormulaView } from '@entra-agents/trace-view/identity/formula-view'
import { TokenMark } from '@entra-agents/trace-view/identity/token-mark'
import type { FactAnswer } from '@entra-agents/trace-view/identity/verdict'
import { FourAnswers, VerdictLine } from '@entra-agents/trace-view/identity/verdict-view'
import { viewClaims } from '@entra-agents/trace-view/trace/claims'
import { judgeTurn } from '@entra-agents/trace-view/trace/judge'
import { logQueries } from '@entra-agents/trace-view/trace/log-queries'
import { outcomes } from '@entra-agents/trace-view/trace/outcomes'
import { tellStep } from '@entra-agents/trace-view/trace/step-words'
import { toTimeline } from '@entra-agents/trace-view/trace/timeline'
import { carriedTokenRole, tokensOf } from '@entra-agents/trace-view/trace/traced-answer'
import { gatherFacts, hasFailed, type TurnFacts } from '@entra-agents/trace-view/trace/turn-facts'
import { writeFormulas } from '@entra-agents/trace-view/trace/write-formula'
import { flowWords } from '@entra-agents/trace-view/words/flows'
import { describeNames, modeNames, type Names, tokenRoleNames } from '@entra-agents/trace-view/words/names'
import { toReader } from '@entra-agents/trace-view/words/reader'
import { count, formatClock, formatDuration } from '@entra-agents/trace-view/words/times'
import { tellUsage } from '@entra-agents/trace-view/words/usage'
import { spellOutDirections, spellOutHidden } from '@entra-agents/trace-view/words/visible-text'
import { Fragment } from 'preact'
import { partsOf } from '../conversation/answer-parts.ts'
import { DecidedLine } from '../conversation/decided-line.tsx'
import type { ExportedTurn } from '../conversation/turn-shape.ts'
import type { ExportedFile } from './file-shape.ts'

const format = new Intl.DateTimeFormat('en-GB', { timeZone: 'UTC', dateStyle: 'long', timeStyle: 'medium' })

function tellMoment(time: Date): string {
  return Number.isNaN(time.getTime()) ? 'at no known time' : `${format.format(time)} UTC`
}

/** The remark on everything that was read from a file. */
export const notSeenByPage = 'From a file; this page did not see it.'

/** An exported file for people to read: one column, plain sentences, rendered as text only. */
export function ReportView({ file }: { readonly file: ExportedFile }) {
  // The reader is not the user who asked, so the report does not call the user “You”.
  const names = describeNames({ agents: [], ...file.names }, false)
  const { turns, from, exportedAt, redacted, fromFile } = file
  const emulated = names.actors.filter(names.isEmulated).map(names.actor)
  return (
    <main class="report">
      <header>
        <h1>{reportTitle(file)}</h1>
        {fromFile && <p class="from-file card">{notSeenByPage}</p>}
        <dl class="facts">
          <Fact name={fromFile ? 'Exported, as that file says' : 'Exported'}>
            {tellMoment(new Date(exportedAt))}, from {spellOutHidden(from.host)}
            {from.version && `, version ${from.version}`}
          </Fact>
          <Fact name="Left out">
            {redacted ? 'Personal data and tenant are masked.' : 'Nothing: this report holds personal data.'}{' '}
            Raw tokens and signatures are never in a trace.
          </Fact>
          {emulated.length > 0 && <Fact name="Emulated">{emulated.join(', ')}</Fact>}
        </dl>
      </header>
      {turns.map((turn, index) => (
        <TurnView
          key={index}
          turn={turn}
          number={turns.length > 1 ? index + 1 : undefined}
          names={names.ofAgent(turn.turn?.agent ?? turn.question.agent)}
        />
      ))}
      <footer>
        Made by Entra Bedrock Agent. One file, no scripts, nothing is loaded. It can be read back into any
        agent’s page.
      </footer>
    </main>
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
  readonly names: Names
}

function TurnView({ turn, number, names }: TurnProps & { readonly number: number | undefined }) {
  const { question, turn: start, state, steps, notices, problem, result } = turn
  const { mode, flow, model } = start ?? { ...question, model: null }
  const facts = gatherFacts(steps, flow, false)
  const tokens = tokensOf(steps).filter(({ observed, claims }) => observed && claims)
  const queries = logQueries(Object.assign({}, ...steps.map(({ logIds }) => logIds)))
  return (
    <article>
      {number !== undefined && <h2 class="asked">Question {number}</h2>}
      <section>
        <h2>Question</h2>
        <dl class="facts">
          {start && <Fact name="Asked">{tellMoment(new Date(start.startedAt))}</Fact>}
          <Fact name={names.actor('agent')}>
            {toReader(flowWords[flow].asWhom, names)} (in Entra: {flowWords[flow].entraName}),{' '}
            {modeNames[mode]}
            {model && ` (${model})`}
          </Fact>
          {start && <Fact name="Turn">{start.traceId ?? start.turnId}</Fact>}
        </dl>
        <Said text={question.message} />
      </section>
      {steps.length > 0 && <ReportedVerdict facts={facts} names={names} />}
      <section>
        <h2>Answer</h2>
        {partsOf({ ...turn, result }).map(({ text, decided }, index) => (
          <Fragment key={index}>
            {text.trim() !== '' && <Said text={text.trim()} />}
            {decided.map(call => (
              <DecidedLine
                key={`${call.kind} ${call.stepId}`}
                call={call}
                isReaderUser={names.isReaderUser}
              />
            ))}
          </Fragment>
        ))}
        {state === 'stopped' && (
          <p class="note">{outcomes[facts.outcome].stopped ?? 'This answer was stopped.'}</p>
        )}
        {notices.map(({ code, title, hint }) => (
          <p key={code}>
            <strong>{title}</strong> {hint} <code>{code}</code>
          </p>
        ))}
        {problem && (
          <p data-bad="true">
            <strong>{problem.title}</strong> {problem.detail} {problem.hint} <code>{problem.code}</code>
          </p>
        )}
        {result && <p class="note">{tellUsage(result.usage, formatDuration(result.timing.totalMs))}</p>}
      </section>
      {steps.length > 0 && <StepTable steps={steps} flow={flow} names={names} />}
      {tokens.map(token => (
        <TokenSection key={token.fingerprint} token={token} names={names} />
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

/** A question or an answer, as it was written. */
function Said({ text }: { readonly text: string }) {
  return (
    <p class="said" dir="auto">
      {spellOutDirections(text)}
    </p>
  )
}

interface StepsProps {
  readonly steps: readonly TraceStep[]
  readonly flow: Flow
  readonly names: Names
}

/** The four answers and the exchange, as on the page. */
function ReportedVerdict({ facts, names }: { readonly facts: TurnFacts; readonly names: Names }) {
  const verdict = judgeTurn(facts, names)
  const formulas = writeFormulas(facts, names)
  return (
    <section class="card verdict-box stack">
      <VerdictLine {...verdict} />
      <FourAnswers answers={verdict.answers.map(inPlainWords)} />
      {formulas.map((formula, index) => (
        <FormulaView key={index} formula={formula} />
      ))}
    </section>
  )
}

/** An answer in plain words: a report has no buttons that open explanations. */
function inPlainWords({ detail, ...answer }: FactAnswer): FactAnswer {
  return {
    ...answer,
    detail: detail.map(part => (typeof part === 'object' && 'term' in part ? part.words : part)),
  }
}

function StepTable({ steps, flow, names }: StepsProps) {
  const rows = toTimeline(steps).rows.filter(({ number }) => number > 0)
  const ids = new Set(rows.map(({ id }) => id))
  return (
    <section>
      <h2>Steps</h2>
      <table class="hops foldable">
        <thead>
          <tr>
            <th scope="col">Step</th>
            <th scope="col">Where</th>
            <th scope="col">Token</th>
            <th scope="col">At</th>
            <th scope="col">Took</th>
          </tr>
        </thead>
        <tbody>
          {rows.map(({ step, offsetMs, durationMs }) => {
            const { title, where } = tellStep(step, flow, names)
            const token = carriedTokenRole(step)
            return (
              <tr key={step.id} data-status={step.status} data-under={ids.has(step.parentId ?? '')}>
                <td dir="auto">{title}</td>
                <td>{where}</td>
                <td>{token && <TokenMark token={token} />}</td>
                <td>{offsetMs !== undefined && formatDuration(offsetMs)}</td>
                <td data-bad={hasFailed(step)}>
                  {tellStepOutcome({ ...step, ...(durationMs !== undefined && { durationMs }) })}
                </td>
              </tr>
            )
          })}
        </tbody>
      </table>
    </section>
  )
}

function tellStepOutcome(step: TraceStep): string {
  const { status, durationMs, problem, approval } = step
  if (status === 'not-observable') return 'not seen'
  const took = durationMs === undefined ? '' : formatDuration(durationMs)
  if (status === 'failed' && approval) return 'denied'
  if (status === 'failed') return `${problem?.code ?? 'failed'} ${took}`
  if (approval) return `after ${formatClock(Math.round(approval.waitedMs / 1000))}`
  if (status === 'waiting') return 'not called'
  return status === 'running' ? 'did not end' : took
}

function TokenSection({ token, names }: { readonly token: TokenCard; readonly names: Names }) {
  const { role, fingerprint, verifiedBy = [] } = token
  return (
    <section>
      <h2>
        {role}: {tokenRoleNames[role].replace('your', 'the user’s')} <code>{fingerprint}</code>
      </h2>
      <table class="foldable">
        <thead>
          <tr>
            <th scope="col">Claim</th>
            <th scope="col">Says</th>
            <th scope="col">Meaning</th>
          </tr>
        </thead>
        <tbody>
          {viewClaims(token, names).map(({ name, text, standsFor, time, meaning }) => {
            const says = time ? tellMoment(time) : standsFor
            return (
              <tr key={name}>
                <td>
                  <code>{name}</code>
                </td>
                <td>
                  {says && <div>{says}</div>}
                  <code>{text}</code>
                </td>
                <td>{meaning}</td>
              </tr>
            )
          })}
        </tbody>
      </table>
      {verifiedBy.map(({ actor, checks }, index) => (
        <p key={index} class="note">
          Checked by {names.actor(actor)}:{' '}
          {checks.map(({ name, ok }) => `${name} ${ok ? 'passed' : 'failed'}`).join(', ')}.
        </p>
      ))}
    </section>
  )
}
