import { styleText } from 'node:util'
import { visible } from '../../set-up/visible.ts'
import type { BlastRadius, Branch, Mark } from './branch.ts'

/** What stands before a marked branch. */
const marks: Readonly<Record<Mark, string>> = {
  surplus: styleText('red', 'SURPLUS'),
  fault: styleText('red', 'FAULT'),
  unread: styleText('yellow', 'not evaluated'),
}

/** The two trees as lines of text, with colours only if the output is a terminal. */
export function writeText({ blueprint, who, what, tenantId }: BlastRadius): string {
  return [
    `${blueprint.title} (${blueprint.id}) in tenant ${tenantId}`,
    '',
    'Who can be it, or change it',
    ...writeBranches(who),
    '',
    'What it can be, and do',
    ...writeBranches(what),
  ].join('\n')
}

function writeBranches(branches: readonly Branch[], indent = ''): string[] {
  return branches.flatMap((branch, index) => {
    const isLast = index === branches.length - 1
    return [
      `${styleText('gray', `${indent}${isLast ? '└─' : '├─'}`)} ${writeBranch(branch)}`,
      ...writeBranches(branch.branches ?? [], `${indent}${isLast ? '   ' : '│  '}`),
    ]
  })
}

/** Adds a branch's id only if the branch has a mark or other branches below it. */
function writeBranch({ title, id, mark, branches }: Branch): string {
  const start = mark ? `${marks[mark]} ` : ''
  return `${start}${visible(title)}${id !== undefined && (branches || mark) ? styleText('gray', ` ${id}`) : ''}`
}
