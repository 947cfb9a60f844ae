import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { temporaryFolder } from '@entra-agents/service-kit/testing/temporary-file'
import { onTestFinished } from 'vitest'
import { launcherOf } from '../../../scripts/tools/tool.ts'
import { run } from '../../support/run.ts'

/** The oldest and the newest version that the chart supports. */
export const kubernetesVersions = ['1.33.0', '1.37.0']

/** The location of Kubernetes' schemas in kubeconform's notation. They come from the package kubernetes-validate. */
export async function schemaLocation(): Promise<string> {
  const code = 'import kubernetes_validate; print(kubernetes_validate.__path__[0])'
  const folder = temporaryFolder(onTestFinished)
  const source = join((await run(launcherOf('python'), ['-c', code])).trim(), 'kubernetes-json-schema')
  for (const version of kubernetesVersions) {
    const from = join(source, `v${version}-local-strict`)
    const to = join(folder, `v${version}`)
    await mkdir(to)
    const names = await readdir(from)
    await Promise.all(names.map(async name => writeFile(join(to, name), await readSchema(join(from, name)))))
  }
  return `${folder}/{{ .NormalizedKubernetesVersion }}/{{ .ResourceKind }}{{ .KindSuffix }}.json`
}

/** Reads a schema and makes its references point to the files beside it. */
async function readSchema(file: string): Promise<string> {
  const schema = await readFile(file, 'utf8')
  return schema.replaceAll('"/api/_definitions.json', '"_definitions.json').replaceAll('"$id":', '"title":')
}
