import { globSync, readdirSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { needs } from '../support/programs.ts'
import { readChartFile, render } from './support/render.ts'

const root = resolve(import.meta.dirname, '../..')
const read = (path: string) => readFileSync(resolve(root, path), 'utf8')
const { version }: { version: string } = JSON.parse(read('package.json'))

interface ChartFile {
  readonly version: string
  readonly appVersion: string
  readonly annotations: Readonly<Record<string, string>>
}

describe('The version', () => {
  it('is the same in all packages', () => {
    const workspaces = globSync('{packages,services,emulators}/*/package.json', { cwd: root })
    const versions = workspaces.map(path => [path, JSON.parse(read(path)).version])
    expect(versions.length).toBeGreaterThan(5)
    expect(versions).toEqual(workspaces.map(path => [path, version]))
  })

  it.each(readdirSync(resolve(root, 'charts')))('is both version and appVersion of chart %s', name => {
    const file: ChartFile = parse(read(`charts/${name}/Chart.yaml`))
    expect([file.version, file.appVersion]).toEqual([version, version])
  })

  it('is the newest in the changelog', () => {
    expect(/^## (\S+)/m.exec(read('CHANGELOG.md'))?.[1]).toBe(version)
  })
})

describe('The version of the images', () => {
  needs('helm')

  it('is the same on Artifact Hub as in an installation', async () => {
    const { annotations }: ChartFile = parse(readChartFile('Chart.yaml'))
    const shown: readonly { image: string }[] = parse(annotations['artifacthub.io/images'] ?? '')
    const installed = new Set((await render()).containers.map(({ image }) => image))
    expect(shown.map(({ image }) => image).sort()).toEqual([...installed].sort())
    const own = [...installed].filter(image => image.startsWith('ghcr.io/'))
    expect(own.map(image => image.split(':')[1])).toEqual([version, version])
  })
})
