import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { clouds, manifestsFile, renderManifests } from '../../scripts/manifests.ts'
import { needs } from '../support/programs.ts'
import { run } from '../support/run.ts'
import { helmCommands, lintChart, Rendering, render, renderText } from './support/render.ts'
import { kubernetesVersions, schemaLocation } from './support/schemas.ts'
import { variants } from './support/variants.ts'

needs('helm')

/** For many programs, one after the other, on a busy machine. */
const timeout = 180_000

describe.each(Object.entries(variants))('The chart with %s', (_name, options) => {
  it('passes helm lint --strict', async () => {
    expect(await lintChart(options)).toContain('0 chart(s) failed')
  })

  it.runIf(helmCommands.length > 1)('is rendered to the same objects by Helm 3', async () => {
    const [ours, helm3] = await Promise.all(helmCommands.map(helm => renderText({ ...options, helm })))
    expect(new Rendering(helm3 ?? '').objects).toEqual(new Rendering(ours ?? '').objects)
  })
})

describe.each(kubernetesVersions)('Kubernetes %s', version => {
  needs('kubeconform')
  needs('python')

  it('knows every field of every manifest, and of the Roles of the kill switch', { timeout }, async () => {
    const guide = readFileSync(resolve(import.meta.dirname, '../../docs/kill-switch.md'), 'utf8')
    const roles = /^```yaml\n(.*?)^```/ms.exec(guide)?.[1] ?? ''
    expect(roles).toContain('kind: RoleBinding')
    const objects = []
    for (const options of Object.values(variants)) objects.push(...(await render(options)).objects)
    const input = [roles, ...objects.map(object => JSON.stringify(object))].join('\n---\n')
    // Other tests compare custom resources in full.
    const args = ['-strict', '-skip', 'HTTPRoute,PrometheusRule,Route,ServiceMonitor']
    const schemas = ['-schema-location', await schemaLocation(), '-kubernetes-version', version]
    expect(await run('kubeconform', [...args, ...schemas], { input })).toBe('')
  })
})

describe.each(clouds)('The manifests for users without Helm on %s', cloud => {
  it('are what the chart renders (make manifests)', () => {
    expect(readFileSync(manifestsFile(cloud), 'utf8')).toBe(renderManifests(cloud))
  })
})
