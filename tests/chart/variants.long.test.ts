import { describe, expect, it } from 'vitest'
import { needs } from '../support/programs.ts'
import { helmCommands, lintChart, render } from './support/render.ts'
import { variants } from './support/variants.ts'

needs('helm')

describe.each(Object.entries(variants))('the chart with %s', (_name, options) => {
  it('passes helm lint --strict', async () => {
    expect(await lintChart(options)).toContain('0 chart(s) failed')
  })

  it.each(helmCommands)('is rendered to the same objects by the Helm command %s', async helm => {
    expect((await render({ ...options, helm })).objects).toEqual((await render(options)).objects)
  })
})
