import { readdirSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { flowNames } from '@entra-agents/trace'
import { describe, expect, it } from 'vitest'
import { chartReadme, chartValues, readmeWithValues } from '../../scripts/chart-values.ts'
import { chart } from './support/render.ts'

interface Schema {
  readonly $ref?: string
  readonly additionalProperties?: Schema
  readonly properties?: Readonly<Record<string, Schema>>
  readonly $defs?: Readonly<Record<string, Schema>>
}

const schema: Schema = JSON.parse(readFileSync(resolve(chart, 'values.schema.json'), 'utf8'))

/** Names of all values that the schema describes one by one. */
function valuesIn(part: Schema, name = ''): readonly string[] {
  const { properties } = part.$ref ? (schema.$defs?.[part.$ref.replace('#/$defs/', '')] ?? {}) : part
  if (!properties || name.endsWith('resources')) return [name]
  return Object.entries(properties).flatMap(([key, below]) => valuesIn(below, name ? `${name}.${key}` : key))
}

function readTemplates(): string {
  const folder = resolve(chart, 'templates')
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile())
    .map(entry => readFileSync(resolve(entry.parentPath, entry.name), 'utf8'))
    .join('\n')
}

describe('The values of the chart', () => {
  it('are listed in the chart’s README (npm run chart-values)', () => {
    expect(readFileSync(chartReadme, 'utf8')).toBe(readmeWithValues())
  })

  it('allow the flows that the product has, and no other flows', () => {
    expect(schema.$defs?.['flow']).toEqual({ enum: flowNames })
  })

  it('all have a comment that says what they mean', () => {
    expect(chartValues().length).toBeGreaterThan(100)
    expect(chartValues().filter(({ meaning }) => meaning === '')).toEqual([])
  })

  it('are the same in values.yaml and in the schema', () => {
    // Left out: `downstreamApis`, whose APIs have free names, and `global`, which Helm gives to a dependency.
    const inSchema = valuesIn(schema).filter(name => !/^(global|downstreamApis)$/.test(name))
    const inValues = chartValues().map(({ name }) => name)
    expect(inValues.filter(name => !name.startsWith('downstreamApis.')).sort()).toEqual([...inSchema].sort())
  })

  it('are all used by a template', () => {
    const text = readTemplates()
    const unused = chartValues().filter(({ name }) => !text.includes(`.${name.split('.').at(-1)}`))
    expect(unused).toEqual([])
  })
})
