import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import { identities } from '../../support/identities.ts'
import { processEnv } from '../../support/process-env.ts'

const mainFile = resolve(import.meta.dirname, '../../../services/weather-api/src/main.ts')

/** Starts the weather API as a process of its own; `lines` are those of its log so far. */
export function startProcess(env: Readonly<Record<string, string>>, options: readonly string[] = []) {
  const child = spawn(process.execPath, [...options, mainFile], {
    env: {
      ...processEnv(),
      PORT: '0',
      HOST: '127.0.0.1',
      TENANT_ID: identities.tenantId,
      WEATHER_API_APP_ID: identities.weatherAppId,
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const lines: string[] = []
  const reader = createInterface(child.stdout).on('line', line => lines.push(line))
  const exited = once(child, 'exit').then(([code]) => Number(code))
  /** Resolves with what the first group of the pattern matches in the log. */
  const prints = (pattern: RegExp) =>
    new Promise<string>((found, fail) => {
      const read = (line: string) => {
        const match = pattern.exec(line)
        if (match) found(match[1] ?? '')
      }
      lines.forEach(read)
      reader.on('line', read)
      void exited.then(() => fail(new Error(`The process ended without ${pattern}.`)))
    })
  const url = () => prints(/Server listening at (http:[^"]+)/)
  return { child, lines, prints, url, exited, complaints: text(child.stderr) }
}
