import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { readGuide } from '../guides/commands.ts'
import { needs } from '../support/programs.ts'
import { renderWith, type Values } from './support/render.ts'

needs('helm')

/** The examples of values on a page, with placeholders for ids replaced; without seeds, which extend the demo's tenant, and objects. */
function examplesOf(page: string): readonly Values[] {
  let ids = 0
  const nextId = () => `99999999-0000-4000-8000-${String(ids++).padStart(12, '0')}`
  return [...readGuide(page).matchAll(/^```yaml\n(?!extends:|apiVersion:)(.*?)^```/gms)].map(
    ([, text = '']): Values => parse(text.replaceAll(/…|<[^>]+>/g, nextId)),
  )
}

const examples = ['kubernetes.md', 'mcp.md', 'openshift.md'].flatMap(page =>
  examplesOf(page).map(values => [page, Object.keys(values).join(', '), values] as const),
)

describe('The values that the documentation shows', () => {
  it('are found in the guides', () => {
    expect(examples.length).toBeGreaterThan(3)
  })

  it('name the Secret that the example for External Secrets makes', async () => {
    const [, text = ''] =
      /^```yaml\n(apiVersion: external-secrets[^`]*)```/m.exec(readGuide('kubernetes.md')) ?? []
    const { spec } = parse(text)
    const values = examples.find(([, keys]) => keys === 'approval')?.[2] ?? {}
    const { volumes = [] } = (await renderWith(values)).pod('demo-agent').spec
    const { secret } = volumes.find(({ name }) => name === 'seal-keys') ?? {}
    expect(secret).toMatchObject({
      secretName: spec.target.name,
      items: [{ key: spec.data[0].secretKey }],
    })
  })

  it.each(examples)('are accepted by the chart (page %s, keys %s)', async (_page, _keys, values) => {
    expect((await renderWith(values)).objects.length).toBeGreaterThan(5)
  })
})
