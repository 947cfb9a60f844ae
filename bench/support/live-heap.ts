/** Loaded before a measured process: on SIGUSR2 it collects garbage and writes the size of the live heap into HEAP_FILE. */
import { writeFileSync } from 'node:fs'

process.on('SIGUSR2', () => {
  globalThis.gc?.()
  writeFileSync(process.env['HEAP_FILE'] ?? '', String(process.memoryUsage().heapUsed))
})
