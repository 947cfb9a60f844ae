import type { ChildProcess } from 'node:child_process'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { styleText } from 'node:util'
import { prettyFactory } from 'pino-pretty'

const colours = ['cyan', 'yellow', 'green', 'magenta', 'blue'] as const
let processCount = 0

const format = prettyFactory({
  colorize: process.stdout.isTTY,
  ignore: 'pid,hostname',
  translateTime: 'SYS:HH:MM:ss',
  singleLine: true,
})

/** Prints a process's output line by line with its name as prefix; JSON log lines are formatted for people. */
export function printLog(child: ChildProcess, name: string): void {
  const colour = colours[processCount++ % colours.length] ?? 'cyan'
  const prefix = `${styleText(colour, name)} │ `
  for (const stream of [child.stdout, child.stderr]) if (stream) printLines(stream, prefix)
}

function printLines(stream: Readable, prefix: string): void {
  createInterface({ input: stream }).on('line', line => {
    process.stdout.write(`${prefix}${line.startsWith('{') ? format(line).trimEnd() : line}\n`)
  })
}
