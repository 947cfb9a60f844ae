import type { Attributes } from '../directory/objects.ts'

const clause = /^CustomSecurityAttribute\.([A-Za-z0-9]+)_(\w+) -(eq|ne|contains|notContains) "([^"]*)"$/

/** Whether a filter has a form that is emulated: comparisons with texts, joined by `-and` or by `-or`. */
export function isRule(rule: string): boolean {
  return clausesOf(rule).clauses.every(one => clause.test(one))
}

/** Whether an agent with these attributes is one that a filter's rule describes. */
export function matchesRule(rule: string, attributes: Attributes): boolean {
  const { clauses, isAny } = clausesOf(rule)
  const matches = (one: string) => {
    const [, set = '', name = '', operator = '', value = ''] = clause.exec(one) ?? []
    const isThere = [attributes[set]?.[name] ?? []].flat().includes(value)
    return isThere === ['eq', 'contains'].includes(operator)
  }
  return isAny ? clauses.some(matches) : clauses.every(matches)
}

function clausesOf(rule: string) {
  const isAny = rule.includes(' -or ')
  return { isAny, clauses: rule.split(isAny ? ' -or ' : ' -and ') }
}
