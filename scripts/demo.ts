/**
 * `make demo`: everything on this machine, each service a process of its own, wired as in the pod.
 * Entra, the sidecar and Bedrock are stand-ins; Bedrock is the real one when AWS_* is set.
 */
import { existsSync } from 'node:fs'
import { loadEnvFile } from 'node:process'
import { findTakenPorts } from './demo/ports.ts'
import { describeProcesses } from './demo/processes.ts'
import { Supervisor } from './demo/supervisor.ts'

if (existsSync('.env')) loadEnvFile('.env')

const processes = describeProcesses(process.env)
const taken = await findTakenPorts(processes)
for (const { port, name, variable } of taken) {
  console.error(
    `Port ${port} for ${name} is taken. Stop the program that listens there, or set ${variable} to a free port.`,
  )
}
if (taken.length > 0) process.exit(1)

const supervisor = new Supervisor()
process.on('SIGINT', () => supervisor.stop())
process.on('SIGTERM', () => supervisor.stop())

const agent = processes.at(-1)
const ready = await supervisor.start(processes)
if (ready) console.log(`\nReady: http://localhost:${agent?.port}\nPress Ctrl-C to stop.\n`)
process.exitCode = await supervisor.finished
