/** `npm run chart-values`: writes the table of values in the chart's README from its values.yaml. */
import { writeFileSync } from 'node:fs'
import { chartReadme, readmeWithValues } from './chart-values/table.ts'

writeFileSync(chartReadme, readmeWithValues())
console.log('charts/entra-bedrock-agent/README.md is up to date.')
