/** `npm run chart-values`: writes the table of values in the chart's README from its values.yaml. */
import { readFileSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { isMap, isScalar, type Node, type Pair, parseDocument, stringify, type YAMLMap } from 'yaml'

const chart = resolve(import.meta.dirname, '../charts/entra-bedrock-agent')

export const chartReadme = resolve(chart, 'README.md')

export interface ChartValue {
  /** The path of the value, such as `agent.image.tag`. */
  readonly name: string
  /** The default as YAML, on one line. */
  readonly defaultText: string
  /** The comment above the value, if any. */
  readonly meaning: string
}

/** The values of `values.yaml` that need an explanation, in its order. */
export function chartValues(
  text = readFileSync(resolve(chart, 'values.yaml'), 'utf8'),
): readonly ChartValue[] {
  const { contents } = parseDocument(text)
  return isMap(contents) ? valuesOf(contents, '') : []
}

function valuesOf(map: YAMLMap, prefix: string): readonly ChartValue[] {
  return map.items.flatMap((pair, index) => {
    const name = `${prefix}${keyOf(pair)}`
    const comment = isScalar(pair.key) ? pair.key.commentBefore : undefined
    // The YAML parser attaches the comment above a map's first key to the map.
    const meaning = lastParagraph(comment ?? (index === 0 ? map.commentBefore : undefined) ?? '')
    const value = pair.value as Node
    if (isMap(value) && isExplainedInside(value)) return valuesOf(value, `${name}.`)
    const defaultText = stringify(value, { collectionStyle: 'flow', lineWidth: 0 }).trim()
    return [{ name, defaultText, meaning }]
  })
}

function lastParagraph(comment: string): string {
  const lines = comment.split('\n').map(line => line.trim())
  return lines.slice(lines.lastIndexOf('') + 1).join(' ')
}

/** Whether the entries of a map are explained; if not, the map is one value, such as `resources`. */
function isExplainedInside(map: YAMLMap): boolean {
  return map.items.length > 0 && (map.commentBefore !== undefined || map.items.some(hasComment))
}

function hasComment({ key, value }: Pair): boolean {
  return (isScalar(key) && !!key.commentBefore) || (isMap(value) && isExplainedInside(value))
}

function keyOf({ key }: Pair): string {
  return isScalar(key) ? String(key.value) : ''
}

/** The chart's README with the table of values as `values.yaml` has them. */
export function readmeWithValues(): string {
  const [introduction] = readFileSync(chartReadme, 'utf8').split(/(?<=^## Values\n)/m)
  const rows = chartValues().map(
    ({ name, defaultText, meaning }) =>
      `| \`${name}\` | \`${defaultText}\` | ${meaning.replaceAll('|', '\\|').replaceAll('<', '&lt;')} |`,
  )
  return [introduction, '| value | default | meaning |', '| --- | --- | --- |', ...rows, ''].join('\n')
}

if (import.meta.main) {
  writeFileSync(chartReadme, readmeWithValues())
  console.log('charts/entra-bedrock-agent/README.md is up to date.')
}
