import { mkdirSync } from 'node:fs'
import { resolve } from 'node:path'

const folder = resolve(import.meta.dirname, '../../node_modules/.cache/demo')

/** The file in which the demo's weather API keeps alerts, one for each port. Its folder is made. */
export function alertsFile(weatherPort: number): string {
  mkdirSync(folder, { recursive: true })
  return resolve(folder, `alerts-${weatherPort}.sqlite`)
}
