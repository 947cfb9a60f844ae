import type { TokenCard } from '@entra-agents/trace'
import { partsOfNames } from '@entra-agents/trace-view/trace/parts-of-names'
import { type Redactor, redactorFor } from '@entra-agents/trace-view/trace/redactor'
import type { ExportedTurn } from '../conversation/turn-shape.ts'
import type { Account } from '../sign-in/session.ts'
import type { ExportedFile } from './file-shape.ts'

/**
 * Masks all personal and tenant data that the tokens of a file contain or the page knows, in questions and answers too. The
 * structure of the file (kinds, ids of steps, states) stays.
 */
export function maskFile(file: ExportedFile, tenantId: string, account: Account | undefined): ExportedFile {
  const steps = [...file.turns.flatMap(turn => turn.steps), { token: tokenOfSecrets(tenantId, account) }]
  const redactor = redactorFor(steps, partsOfNames)
  return {
    ...file,
    redacted: true,
    names: redactor.value(file.names),
    turns: file.turns.map(turn => maskTurn(turn, redactor)),
  }
}

function maskTurn(turn: ExportedTurn, { text, value, steps }: Redactor): ExportedTurn {
  const { question, answer, notices, decided, result, problem } = turn
  return {
    ...turn,
    question: { ...question, message: text(question.message) },
    steps: [...steps(turn.steps)],
    ...value({ answer, notices, decided, problem, result }),
  }
}

/** Tenant and signed-in user as claims of a token, from which the redactor takes them: a text may name them, and no token of the trace. */
function tokenOfSecrets(tenantId: string, account: Account | undefined): TokenCard {
  const user = account && { oid: account.objectId, name: account.name, preferred_username: account.userName }
  return { role: 'Tc', observed: true, claims: { tid: tenantId, ...user } }
}
