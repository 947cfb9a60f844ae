import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { LocalServer } from '@entra-agents/service-kit/testing/local-server'
import { temporaryFolder } from '@entra-agents/service-kit/testing/temporary-file'
import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { forFile } from '../../tests/support/for-file.ts'
import { fromDebian } from './debian.ts'
import { outputMatches } from './run.ts'
import { setUp } from './set-up.ts'
import { launcherOf, type Tool, type Way } from './tool.ts'
import { fromRelease } from './ways.ts'

/** A program of version 2, as its project releases it. */
const releasedScript = '#!/bin/sh\necho "greeter 2 $GREETING"\n'
const hash = createHash('sha256').update(releasedScript).digest('hex')

let downloads: string[]
let folder: string
let saidLines: string[]

const releases = new LocalServer((request, response) => {
  downloads.push(request.url ?? '')
  // "/slow" gets no response.
  if (request.url !== '/slow') response.end(releasedScript)
})
const server = await forFile(releases.start())
beforeEach(() => {
  folder = temporaryFolder(onTestFinished)
  downloads = []
  saidLines = []
})

function officialRelease(path = '/greeter', sha256 = hash): Way {
  const url = `${server.url}${path}`
  return fromRelease(url, undefined, undefined, new Map([[url, sha256]]))
}

/** A `Way` that needs no download: it writes the program into the folder that it is given. */
const localWay: Way = {
  name: 'a local build',
  timeoutMs: 60_000,
  async get({ folder }) {
    const executable = join(folder, 'greeter')
    await writeFile(executable, releasedScript, { mode: 0o755 })
    return { executable, env: { GREETING: "it's built" } }
  },
}

function greeter(...ways: readonly Way[]): Tool {
  return {
    name: 'greeter',
    version: '2',
    ways,
    advice: 'brew install greeter',
    check: outputMatches([], /greeter 2/),
  }
}

async function setUpGreeter(...ways: readonly Way[]): Promise<string | undefined> {
  const missing = await setUp([greeter(...ways)], { say: line => saidLines.push(line), folder })
  const launcher = launcherOf('greeter', folder)
  expect(missing.map(({ name }) => name)).toEqual(existsSync(launcher) ? [] : ['greeter'])
  return existsSync(launcher) ? execFileSync(launcher, { encoding: 'utf8' }).trim() : undefined
}

async function putOnPath(scripts: Readonly<Record<string, string>>): Promise<void> {
  const programs = join(folder, 'on-path')
  await mkdir(programs)
  for (const [name, script] of Object.entries(scripts))
    await writeFile(join(programs, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 })
  vi.stubEnv('PATH', `${programs}:${process.env['PATH']}`)
}

const greeterOfMachine = (version: number) => ({ greeter: `echo "greeter ${version} of the machine"` })

describe('A program of the tests', () => {
  it('comes from the PATH if it is there, and nothing is downloaded', async () => {
    await putOnPath(greeterOfMachine(2))
    expect(await setUpGreeter(officialRelease())).toBe('greeter 2 of the machine')
    expect(downloads).toEqual([])
  })

  it('is the official release if the PATH has another version', async () => {
    await putOnPath(greeterOfMachine(1))
    expect(await setUpGreeter(officialRelease(), localWay)).toBe('greeter 2')
    expect(saidLines.join('\n')).toContain('is another version: greeter 1 of the machine')
  })

  it('is never a release with another hash than the pinned one; the next way is tried instead', async () => {
    expect(await setUpGreeter(officialRelease('/greeter', 'f'.repeat(64)), localWay)).toBe(
      "greeter 2 it's built",
    )
    expect(saidLines.join('\n')).toContain(`refused: its sha256 is ${hash}`)
  })

  it('is obtained in the next way if the official release takes too long', async () => {
    const slow = { ...officialRelease('/slow'), timeoutMs: 100 }
    expect(await setUpGreeter(slow, localWay)).toBe("greeter 2 it's built")
    expect(saidLines.join('\n')).toMatch(/greeter: the official release: not within \d+ s/)
  })

  it('is unpacked from packages of Debian, with the libraries that it needs, and nothing is installed', async () => {
    await putOnPath({
      // apt-get download --quiet PACKAGE...
      'apt-get':
        '[ "$1" = download ] || exit 1; shift 2; for name; do echo "$name" > "$name"_2_amd64.deb; done',
      // dpkg --extract FILE FOLDER; the program prints what the library says.
      dpkg: `[ "$1" = --extract ] || exit 1; mkdir -p "$3/usr/bin" "$3/usr/lib/x86_64-linux-gnu"
        case $(cat "$2") in
          greeter) printf '#!/bin/sh\\ncat "\${LD_LIBRARY_PATH%%%%:*}/greeting"\\n' > "$3/usr/bin/greeter"; chmod 755 "$3/usr/bin/greeter";;
          libgreeting) echo "greeter 2 of Debian" > "$3/usr/lib/x86_64-linux-gnu/greeting";;
        esac`,
    })
    expect(await setUpGreeter(fromDebian('greeter', 'greeter', 'libgreeting'))).toBe('greeter 2 of Debian')
    expect(saidLines).toEqual(["greeter 2: Debian's package greeter, downloading…"])
  })

  it('is downloaded only once', async () => {
    expect(await setUpGreeter(officialRelease())).toBe('greeter 2')
    expect(await setUpGreeter(officialRelease())).toBe('greeter 2')
    expect(downloads).toEqual(['/greeter'])
  })

  it('is reported as missing if every way fails and what an earlier run obtained was deleted', async () => {
    expect(await setUpGreeter(localWay)).toBe("greeter 2 it's built")
    await rm(join(folder, 'greeter-2'), { recursive: true })
    expect(await setUpGreeter(officialRelease('/greeter', 'f'.repeat(64)))).toBeUndefined()
  })
})
