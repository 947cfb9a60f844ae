/** `npm run manifests`: renders the chart into k8s/manifests, for users without Helm. */
import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

const root = resolve(import.meta.dirname, '..')

export const clouds = ['aks', 'eks'] as const
export type Cloud = (typeof clouds)[number]

export function manifestsFile(cloud: Cloud): string {
  return join(root, `k8s/manifests/${cloud}.yaml`)
}

/** The chart's objects without those of `helm test`, with the cloud's values and placeholders for ids. Needs `helm`. */
export function renderManifests(cloud: Cloud): string {
  const chart = 'charts/entra-bedrock-agent'
  const values = [`${chart}/values-${cloud}.yaml`, 'k8s/manifests/values.yaml']
  const rendered = execFileSync(
    'helm',
    [
      ...['template', 'demo', chart, '--namespace', 'agents', '--kube-version', '1.33.0', '--no-hooks'],
      ...values.flatMap(file => ['--values', file]),
    ],
    { cwd: root, encoding: 'utf8' },
  )
  return `# Made by \`make manifests\` from the chart, ${values[0]} and values.yaml. Replace the ids of values.yaml, which are placeholders.
# kubectl apply -f ../namespace.yaml && kubectl apply -n agents -f ${cloud}.yaml
${rendered}`
}

if (import.meta.main)
  for (const cloud of clouds) {
    writeFileSync(manifestsFile(cloud), renderManifests(cloud))
    console.log(`k8s/manifests/${cloud}.yaml is up to date.`)
  }
