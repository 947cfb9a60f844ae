import type { PublicConfig } from '@entra-agents/trace'
import type { NamedInConfig } from '@entra-agents/trace-view/words/names'
import type { Exchange } from '../conversation/exchange.ts'
import type { OpenedFile } from '../conversation/kept.ts'
import type { ExportedTurn } from '../conversation/turn-shape.ts'
import type { Account } from '../sign-in/session.ts'
import type { ExportedFile } from './file-shape.ts'
import { fileFormat, fileVersion } from './file-version.ts'
import { maskFile } from './mask.ts'

/** The page that exports the answers, and its user. */
export interface ExportContext {
  readonly config: Pick<PublicConfig, 'tenantId'> & NamedInConfig
  readonly host: string
  /** The agent's version; empty if unknown. */
  readonly version: string
  readonly account: Account | undefined
  readonly now: Date
  /** The file that the answers were read from, if any. */
  readonly source: OpenedFile | undefined
}

/**
 * Makes a file of answers: without personal data and tenant unless they are requested, and always without the answers' owners.
 */
export function toExportedFile(
  exchanges: readonly Exchange[],
  { config, host, version, account, now, source }: ExportContext,
  withPersonalData: boolean,
): ExportedFile {
  const { agents = [], apis, names, emulated } = source?.names ?? config
  const file: ExportedFile = {
    format: fileFormat,
    version: fileVersion,
    exportedAt: source?.exportedAt ?? now.toISOString(),
    from: source?.from ?? { host, version },
    redacted: source?.redacted ?? false,
    fromFile: source !== undefined,
    names: {
      agents: agents.map(({ name, title }) => ({ name, title })),
      apis: apis.map(({ name, title, appId }) => ({ name, title, appId })),
      names: { ...names },
      emulated: [...emulated],
    },
    turns: exchanges.map(exportTurn),
  }
  return withPersonalData ? file : maskFile(file, config.tenantId, account)
}

function exportTurn({ question, state, turn, clockAheadMs, answer, ...told }: Exchange): ExportedTurn {
  const { toolMarks, steps, notices, decided, result, problem } = told
  return {
    question: { ...question },
    state: state === 'running' || state === 'waiting' ? 'stopped' : state,
    ...(turn && { turn }),
    ...(clockAheadMs !== undefined && { clockAheadMs }),
    answer,
    toolMarks: toolMarks.map(mark => ({ ...mark })),
    steps: [...steps],
    notices: [...notices],
    ...(decided && { decided: [...decided] }),
    ...(result && { result }),
    ...(problem && { problem: exportProblem(problem) }),
  }
}

type ExportedProblem = NonNullable<ExportedTurn['problem']>

function exportProblem(problem: NonNullable<Exchange['problem']>): ExportedProblem {
  const { title, detail, hint, code, failedCheck, needs, ...policy }: ExportedProblem = problem
  const { blockedByPolicy, policyIds } = policy
  return {
    ...{ title, detail, hint, code },
    ...(failedCheck && { failedCheck }),
    ...(needs && { needs }),
    ...(blockedByPolicy && { blockedByPolicy }),
    ...(policyIds && { policyIds }),
  }
}
