/** `npm run manifests`: renders the chart into k8s/manifests, for users without Helm. */
import { writeFileSync } from 'node:fs'
import { clouds, manifestsFile, renderManifests } from './manifests/render.ts'

for (const cloud of clouds) {
  writeFileSync(manifestsFile(cloud), renderManifests(cloud))
  console.log(`k8s/manifests/${cloud}.yaml is up to date.`)
}
