import { afterEach, expect, it } from 'vitest'
import { experiments } from '../../emulators/entra/src/lab/experiments.ts'
import { blocksIn, readGuide } from './commands.ts'
import { root } from './project.ts'
import { GuideWalk } from './walk.ts'

const guide = readGuide('lab.md')
/** Each experiment's part of the guide: what is typed before its button is pressed, and what after. */
const parts = guide.split(/^## /m).slice(1)
const partOf = (name: string) => parts.find(part => part.includes(`/experiments/${name})`)) ?? ''
const halvesOf = (name: string) => partOf(name).split('Way back:')[0]?.split(`Open [${name}]`) ?? []

let walk: GuideWalk
afterEach(() => walk.end())

const startLine = /npm run demo|echo '\[\]'/
const linesOf = (half = '') => blocksIn(half).flatMap(({ lines }) => lines)

/** The commands that the lab shows, without those that start the demo. */
async function readLab(name: string): Promise<readonly string[]> {
  const response = await fetch(`${walk.url('7001')}/emulator/lab/experiments/${name}`)
  const shown = [...(await response.text()).matchAll(/<pre>([\s\S]*?)<\/pre>/g)].map(([, text = '']) =>
    text.replaceAll(/&#(\d+);/g, (_, code) => String.fromCharCode(Number(code))),
  )
  return shown.filter(line => !startLine.test(line))
}

async function press(name: string, button: 'set-up' | 'undo'): Promise<void> {
  const url = walk.url('7001')
  const address = `${url}/emulator/lab/experiments/${name}/${button}`
  const init = {
    method: 'POST',
    headers: { origin: url },
    body: new URLSearchParams(),
    redirect: 'manual',
  } as const
  expect((await fetch(address, init)).status).toBe(303)
}

/** Types both halves of an experiment in one shell, with its button in between, and compares what is printed with the comments. */
async function tryOut(name: string): Promise<void> {
  const [before = '', after = ''] = halvesOf(name)
  const pressed = (button: string) =>
    `\`\`\`bash\ncurl -so /dev/null -X POST -H 'origin: ${walk.url('7001')}' -H 'content-type: application/x-www-form-urlencoded' ${walk.url('7001')}/emulator/lab/experiments/${name}/${button}\n\`\`\`\n`
  // In the midst of what is typed, some experiments have another button pressed.
  const afterBoth = after.replace(/^.* Now press \*.*$/m, `$&\n\n${pressed('more')}`)
  const typed = [before, pressed('set-up'), afterBoth]
    .flatMap(half =>
      [...half.matchAll(/^```bash.*\n([\s\S]*?)^```$/gm)].flatMap(([, text = '']) => text.trim().split('\n')),
    )
    .filter(line => !startLine.test(line))
  const expected = typed.filter(line => line.startsWith('# ')).map(line => line.slice(2))
  const script = typed.map(line => (line.startsWith('# ') ? 'echo; echo "@@"' : line)).join('\n')
  const output = await walk.run(walk.atOurPorts(script))
  const printed = output.split('@@').slice(1)
  expect(printed).toHaveLength(expected.length)
  expect(
    printed.map((text, index) => (text.includes(expected[index] ?? '') ? expected[index] : text)),
  ).toEqual(expected)
  await press(name, 'undo')
  for (const line of linesOf(partOf(name).split('Way back:')[1])) await walk.run(walk.atOurPorts(line))
}

it('each experiment prints what the guide says, and the lab shows the same commands', async () => {
  walk = await GuideWalk.begin(guide, [])
  walk.write('deny-list.json', '[]')
  await walk.startDemo(`WEATHER_DENY_LIST=${walk.folder}/deny-list.json npm run --prefix ${root} demo`)
  expect(parts).toHaveLength(Object.keys(experiments).length)
  for (const name of Object.keys(experiments)) {
    const shown = await readLab(name)
    const told = halvesOf(name)
      .flatMap(linesOf)
      .filter(line => !startLine.test(line))
    expect(told.map(line => walk.atOurPorts(line))).toEqual(shown.map(line => walk.atOurPorts(line)))
    await tryOut(name)
  }
})
