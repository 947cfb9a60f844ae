import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import type { ChatResponse } from '@entra-agents/trace'
import { findFreePort } from '../support/ports.ts'
import { postJson } from '../support/post-json.ts'
import { signIn } from '../support/sign-in.ts'
import { type Block, blocksIn } from './commands.ts'

const exec = promisify(execFile)

/** The variables of the demo's ports, with the ports that guides name. */
const demoPorts: Readonly<Record<string, string | undefined>> = {
  PORT: '3001',
  ENTRA_PORT: '7001',
  SIDECAR_PORT: '5000',
  WEATHER_API_PORT: '8080',
  BEDROCK_PORT: undefined,
  NOTES_PORT: undefined,
  METRICS_PORT: undefined,
}

/** Follows a guide in a folder of its own and at ports of its own, so that other tests can run at the same time. */
export class GuideWalk {
  /** The user's folder; a clone may be beside it. */
  readonly folder = join(mkdtempSync(join(tmpdir(), 'guide-')), 'own')
  readonly #files: readonly string[]
  readonly #blocks: readonly Block[]
  readonly #started: { child: ChildProcess; ended: Promise<unknown> }[] = []
  readonly #ports: ReadonlyMap<string, number>
  readonly #demoEnv: NodeJS.ProcessEnv

  private constructor(guide: string, ports: ReadonlyMap<string, number>, demoEnv: NodeJS.ProcessEnv) {
    this.#files = [...guide.matchAll(/^( *)```(?!sh\b|bash\b|powershell\b)\w+\n(.*?)```/gms)].map(
      ([, indent, text = '']) => text.replaceAll(new RegExp(`^${indent}`, 'gm'), ''),
    )
    this.#blocks = blocksIn(guide).filter(({ shell }) => shell !== 'powershell')
    this.#ports = ports
    this.#demoEnv = demoEnv
    mkdirSync(this.folder)
  }

  /** @param ownPorts the guide's ports besides the demo's */
  static async begin(guide: string, ownPorts: readonly string[]): Promise<GuideWalk> {
    const ports = new Map<string, number>()
    for (const port of ownPorts) ports.set(port, await findFreePort())
    const env: NodeJS.ProcessEnv = {}
    for (const [variable, named] of Object.entries(demoPorts)) {
      const port = await findFreePort()
      if (named !== undefined) ports.set(named, port)
      env[variable] = String(port)
    }
    return new GuideWalk(guide, ports, env)
  }

  /** The URL at which this walk serves a port that the guide names. */
  url(port: string): string {
    return `http://localhost:${this.#ports.get(port)}`
  }

  /** A user's token for the page of the demo. */
  signIn(user: string): Promise<string> {
    const redirectUri = `${this.url('3001')}/auth/redirect.html`
    return signIn({ entraUrl: this.url('7001'), redirectUri, user })
  }

  /** The guide's code blocks in order, with the ports of this walk. */
  get files(): readonly string[] {
    return this.#files.map(text => this.atOurPorts(text))
  }

  write(name: string, text: string | undefined): void {
    writeFileSync(join(this.folder, name), text ?? '')
  }

  /** The command of the guide that contains these words, with the ports of this walk. */
  commandWith(words: string): string {
    return this.linesWith(words)
      .split('\n')
      .filter(line => line.includes(words))[0] as string
  }

  /** The block of commands of the guide that contains these words, with the ports of this walk. */
  linesWith(words: string): string {
    const lines = this.#blocks.map(block => block.lines.join('\n')).find(text => text.includes(words))
    if (lines === undefined) throw new Error(`The guide has no command with ${words}.`)
    return this.atOurPorts(lines)
  }

  /** Runs a command in the user's folder and returns its output. */
  async run(command: string, env: NodeJS.ProcessEnv = {}): Promise<string> {
    const { stdout } = await exec('sh', ['-c', command], { cwd: this.folder, env: { ...ownEnv(), ...env } })
    return stdout
  }

  /** Starts the demo by the guide's command. */
  async startDemo(command: string): Promise<void> {
    await this.start(command, 'Ready:', this.#demoEnv)
  }

  /** Starts a command in the user's folder, and waits until it prints the text. */
  async start(command: string, text: string, env: NodeJS.ProcessEnv = {}): Promise<void> {
    const child = spawn('sh', ['-c', command], {
      cwd: this.folder,
      env: { ...ownEnv(), ...env },
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.#started.push({ child, ended: once(child, 'close') })
    let output = ''
    await new Promise<void>((found, failed) => {
      for (const stream of [child.stdout, child.stderr])
        stream.on('data', (data: Buffer) => {
          output += data.toString()
          if (output.includes(text)) found()
        })
      child.once('close', () => failed(new Error(`${command} ended:\n${output}`)))
    })
  }

  /** Sends what the guide's curl command sends, with these changes; if there is a token, on behalf of its user. */
  async ask(
    changes: { agent?: string; message?: string; mode?: string; token?: string } = {},
  ): Promise<ChatResponse> {
    const [, url = '', body = ''] = /curl -s (\S+) .*-d '(.*)'/.exec(this.commandWith('curl')) ?? []
    const { token, ...asks } = changes
    const flow = token === undefined ? {} : { flow: 'obo' }
    const asked = { ...JSON.parse(body), ...asks, ...flow }
    const response = await postJson(`http://${url}`, asked, { token })
    return (await response.json()) as ChatResponse
  }

  async end(): Promise<void> {
    for (const { child, ended } of this.#started.toReversed()) {
      if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid)
      await ended
    }
    rmSync(dirname(this.folder), { recursive: true })
  }

  /** A text of the guide with the ports of this walk. */
  atOurPorts(text: string): string {
    return text.replaceAll(/(?<=localhost:|port=|PORT = ')\d{4}/g, port =>
      String(this.#ports.get(port) ?? port),
    )
  }
}

/** The environment variables that even a new terminal has. */
function ownEnv(): NodeJS.ProcessEnv {
  const { PATH, HOME } = process.env
  return { PATH, HOME }
}
