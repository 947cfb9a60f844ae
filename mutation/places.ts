import { parseAst } from 'rolldown/parseAst'

/** A part of a source file, and the texts that may take its place to change what the code does. */
export interface Place {
  readonly start: number
  readonly end: number
  readonly texts: readonly string[]
}

interface Node {
  readonly type: string
  readonly start: number
  readonly end: number
  readonly [member: string]: unknown
}

const otherOperators: Record<string, readonly string[]> = {
  ...{ '===': ['!=='], '!==': ['==='], '==': ['!='], '!=': ['=='] },
  ...{ '<': ['<=', '>='], '<=': ['<', '>'], '>': ['>=', '<='], '>=': ['>', '<'] },
  ...{ '+': ['-'], '-': ['+'], '*': ['/'], '/': ['*'], '%': ['*'] },
}
/** Calls of these methods may be left out, so that the object takes the place of the result. */
const methods = /^(filter|sort|toSorted|reverse|toReversed|slice|trim\w*|to(Lower|Upper)Case|replace(All)?)$/
/** Nodes of types are not changed, except for the expression inside `x as T`, `x satisfies T` and `x!`. */
const typedExpression = /^TS(As|Satisfies|NonNull)Expression$/

/** For each kind of node, the texts that may take its place; `text` gives the text of one of its children. */
const textsByType: Record<string, (node: Node, text: (child: string) => string) => readonly string[]> = {
  AwaitExpression: (_, text) => [text('argument')],
  BinaryExpression: ({ operator }, text) =>
    (otherOperators[String(operator)] ?? []).map(other => `${text('left')} ${other} ${text('right')}`),
  CallExpression({ callee }, text) {
    const { object, property } = callee as { object?: Node; property?: Node }
    const start = (callee as Node).start
    return object && methods.test(String(property?.['name']))
      ? [text('callee').slice(0, object.end - start)]
      : []
  },
  ExpressionStatement: ({ directive }) => (typeof directive === 'string' ? [] : ['{}']),
  Literal({ value }) {
    if (typeof value === 'boolean') return [String(!value)]
    if (typeof value === 'number') return [String(value + 1)]
    if (typeof value === 'string') return [value === '' ? "'changed'" : "''"]
    return []
  },
  LogicalExpression({ operator }, text) {
    if (operator === '??') return [text('left')]
    return [`(${text('left')}) ${operator === '&&' ? '||' : '&&'} (${text('right')})`]
  },
  ReturnStatement: ({ argument }) => (argument ? ['return undefined'] : []),
  TemplateLiteral: () => ['``'],
  ThrowStatement: () => ['{}'],
  UnaryExpression: ({ operator }, text) => (operator === '!' ? [text('argument')] : []),
}

/** Where a source file can be changed. */
export function findPlaces(path: string, source: string): readonly Place[] {
  function textsFor(node: Node): readonly string[] {
    const text = (child: string) => {
      const { start, end } = node[child] as Node
      return source.slice(start, end)
    }
    return textsByType[node.type]?.(node, text) ?? []
  }
  function placesIn(node: Node): readonly Place[] {
    if (node.type === 'ImportDeclaration') return []
    const own = { start: node.start, end: node.end, texts: textsFor(node) }
    return [own, ...placesAround(node), ...childrenOf(node).flatMap(placesIn)]
  }
  return merge(placesIn(parse(path, source)))
}

/** False if the text is no program, such as after a change that its place does not allow. */
export function isProgram(path: string, source: string): boolean {
  try {
    parse(path, source)
    return true
  } catch {
    return false
  }
}

function parse(path: string, source: string) {
  return parseAst(source, { lang: path.endsWith('x') ? 'tsx' : 'ts' }, path) as unknown as Node
}

/** Places of a node's children for which the parent says what may take their place. */
function placesAround(node: Node): readonly Place[] {
  if (node.type === 'IfStatement' || node.type === 'ConditionalExpression') {
    const { start, end } = node['test'] as Node
    return [{ start, end, texts: ['true', 'false'] }]
  }
  if (node.type === 'ArrowFunctionExpression' && node['expression'] === true) {
    const { start, end } = node['body'] as Node
    return [{ start, end, texts: ['undefined'] }]
  }
  if (node.type === 'ArrayExpression') return withoutOne(node['elements'] as (Node | null)[])
  if (node.type === 'ObjectExpression') return withoutOne(node['properties'] as Node[])
  return []
}

/** Leaves out each member of a list, with the comma after it or, for the last, the one before it. */
function withoutOne(list: readonly (Node | null)[]): readonly Place[] {
  const members = list.filter(member => member !== null)
  return members.map(({ start, end }, index) => {
    const [before, next] = [members[index - 1], members[index + 1]]
    return { start: next || !before ? start : before.end, end: next?.start ?? end, texts: [''] }
  })
}

function childrenOf(node: Node): readonly Node[] {
  // A name of a member is no text that the program uses, and how things look is not tested.
  const isAside = (name: string) =>
    (name === 'key' && node['computed'] === false) || (name === 'source' && node.type.startsWith('Export'))
  if (node.type === 'JSXAttribute' && (node['name'] as Node)['name'] === 'className') return []
  return Object.entries(node)
    .filter(([name]) => !isAside(name))
    .flatMap(([, value]) => value as Node | readonly Node[])
    .filter(child => typeof child?.type === 'string')
    .filter(({ type }) => !type.startsWith('TS') || typedExpression.test(type))
    .flatMap(child => (typedExpression.test(child.type) ? [child['expression'] as Node] : [child]))
}

/** One place for each part of the source, so that a part with more texts is not more often chosen. */
function merge(places: readonly Place[]): readonly Place[] {
  const byPart = Map.groupBy(
    places.filter(({ texts }) => texts.length > 0),
    ({ start, end }) => `${start}-${end}`,
  )
  return [...byPart.values()].map(([first, ...rest]) => ({
    ...(first as Place),
    texts: [first as Place, ...rest].flatMap(({ texts }) => texts),
  }))
}
