import { existsSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'vitest'
import { findFreePort } from '../../support/ports.ts'
import { clickActions, type Engine, keyActions, keyCodes } from './engine.ts'
import { Program } from './program.ts'

/** WebKitGTK's own browser, which is in a folder of the machine's architecture. */
export const miniBrowser = ['x86_64', 'aarch64']
  .map(machine => `/usr/lib/${machine}-linux-gnu/webkit2gtk-4.1/MiniBrowser`)
  .find(path => existsSync(path))

/** Starts WebKit by WebDriver, on a virtual screen. */
export async function startWebKit(folder: string): Promise<Engine> {
  await mkdir(join(folder, '.config/gtk-3.0'), { recursive: true })
  // Without these styles, the bar above the page keeps the window wider than a phone.
  await writeFile(join(folder, '.config/gtk-3.0/gtk.css'), '* { min-width: 0; padding: 0; font-size: 1px }')
  const running = new AsyncDisposableStack()
  try {
    const screen = running.use(
      new Program('Xvfb', ['-displayfd', '3', '-screen', '0', '1600x1100x24', '-nolisten', 'tcp'], {}),
    )
    const display = await screen.prints(/(\d+)\n/, 3)
    const port = await findFreePort()
    // Without a graphics card, compositing takes twice the time.
    const env = { HOME: folder, DISPLAY: `:${display}`, WEBKIT_DISABLE_COMPOSITING_MODE: '1' }
    running.use(new Program('WebKitWebDriver', [`--port=${port}`], env))
    return await connect(`http://127.0.0.1:${port}`, running)
  } catch (error) {
    await running.disposeAsync()
    throw error
  }
}

async function connect(url: string, running: AsyncDisposableStack): Promise<Engine> {
  await expect.poll(() => callDriver(`${url}/status`).catch(String)).toMatchObject({ ready: true })
  const { sessionId } = (await callDriver(`${url}/session`, {
    capabilities: {
      alwaysMatch: {
        browserName: 'MiniBrowser',
        'webkitgtk:browserOptions': { binary: miniBrowser, args: ['--automation'] },
      },
    },
  })) as { sessionId: string }
  const send = (command: string, parameters?: object) =>
    callDriver(`${url}/session/${sessionId}/${command}`, parameters)
  const perform = async (actions: readonly object[]) => void (await send('actions', { actions }))
  const sizeOf = async (script: string) =>
    (await send('execute/sync', { script: `return ${script}`, args: [] })) as readonly [number, number]
  return {
    open: async address => void (await send('url', { url: address })),
    async resize(width, height) {
      await send('window/rect', { width, height })
      const [, inside] = await sizeOf('[innerWidth, innerHeight]')
      await send('window/rect', { width, height: height + (height - inside) })
    },
    evaluate: expression => send('execute/sync', { script: `return ${expression}`, args: [] }),
    click: (x, y) => perform(clickActions(x, y)),
    type: text => perform(keyActions(text)),
    press: key => perform(keyActions(keyCodes[key])),
    windows: async () => (await send('window/handles')) as readonly string[],
    switchTo: async handle => void (await send('window', { handle })),
    async [Symbol.asyncDispose]() {
      await running.disposeAsync()
    },
  }
}

/** Sends a command of WebDriver: with parameters by POST, without parameters by GET. */
async function callDriver(url: string, parameters?: object): Promise<unknown> {
  const response = await fetch(
    url,
    parameters === undefined ? {} : { method: 'POST', body: JSON.stringify(parameters) },
  )
  const { value } = (await response.json()) as { value: unknown }
  if (!response.ok) throw new Error(`${url}: ${JSON.stringify(value)}`)
  return value
}
