/** `npm run troubleshooting`: writes docs/troubleshooting.md from the problem catalogues of the services. */
import { writeFileSync } from 'node:fs'
import { troubleshootingFile, troubleshootingPage } from './troubleshooting/page.ts'

writeFileSync(troubleshootingFile, troubleshootingPage())
console.log('docs/troubleshooting.md is up to date.')
