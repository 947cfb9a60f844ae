import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { needs } from '../support/programs.ts'
import { readChartFile, render } from './support/render.ts'

describe('The images on Artifact Hub', () => {
  needs('helm')

  it('are those of an installation', async () => {
    const { annotations }: { annotations: Readonly<Record<string, string>> } = parse(
      readChartFile('Chart.yaml'),
    )
    const shown: readonly { image: string }[] = parse(annotations['artifacthub.io/images'] ?? '')
    const installed = new Set((await render()).containers.map(({ image }) => image))
    expect(shown.map(({ image }) => image).sort()).toEqual([...installed].sort())
  })
})
