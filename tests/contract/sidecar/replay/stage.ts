import type { ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { LocalServer } from '@entra-agents/service-kit/testing/local-server'
import { buildApp } from '../../../../emulators/auth-sidecar/src/app.ts'
import type { Clock } from '../../../../emulators/auth-sidecar/src/clock.ts'
import { readConfig } from '../../../../emulators/auth-sidecar/src/config.ts'
import { type Behaviour, readBehaviour } from './entra-behaviour.ts'
import { prepareMaterials } from './materials.ts'
import type { Recording } from './recording.ts'
import { ScriptedEntra } from './scripted-entra.ts'

export interface StageOptions {
  readonly environment?: Recording['environment']
  /** Default: Entra grants every request. */
  readonly behaviour?: Behaviour
  /** Default: the system's clock. */
  readonly clock?: Clock
  /** The factor by which waiting is faster than in real time. */
  readonly speed?: number
}

export type Stage = Awaited<ReturnType<typeof setStage>>

/** The emulator on a port of its own, with a scripted Entra and a downstream API. */
export async function setStage(options: StageOptions = {}) {
  const { environment = {}, behaviour = readBehaviour('normal'), clock, speed = 1 } = options
  const nowSeconds = () => Math.floor((clock?.nowMs() ?? Date.now()) / 1000)
  const entra = await new ScriptedEntra({ behaviour, nowSeconds, speed }).start()
  const downstream = await startDownstream()
  const surroundings = { instance: entra.url, downstream: downstream.url, nowSeconds }
  const materials = await prepareMaterials(environment, surroundings)
  const config = readConfig({ Logging__LogLevel__Default: 'None', ...materials.environment })
  const app = buildApp(config, clock ? { clock } : {})
  await app.listen({ host: '::', port: 0 })
  const { port } = app.server.address() as AddressInfo
  return {
    app,
    entra,
    materials,
    port,
    origin: `http://localhost:${port}`,
    async [Symbol.asyncDispose]() {
      await app.close()
      await Promise.all([downstream.close(), entra.close(), materials.remove()])
    },
  }
}

const jsonHeaders = { 'content-type': 'application/json' }

const responses: Readonly<Record<string, (response: ServerResponse) => void>> = {
  '/json': response => endResponse(response, 200, '{"ok":true}'),
  '/chunked': response => {
    response.writeHead(200, jsonHeaders).write('{"ok"')
    response.end(':true}')
  },
  '/401': response => endResponse(response, 401, '{"error":"x"}'),
  '/500': response => endResponse(response, 500, '{"error":"x"}'),
  '/redirect': response => response.writeHead(302, { location: '/json', 'content-length': '0' }).end(),
}

/** The API that the recordings call through the sidecar. */
function startDownstream(): Promise<LocalServer> {
  return new LocalServer(({ url = '' }, response) => {
    const respond = responses[url]
    if (respond) respond(response)
    else endResponse(response, 404, '{"error":"not found"}')
  }).start()
}

function endResponse(response: ServerResponse, status: number, body: string): void {
  response.writeHead(status, { ...jsonHeaders, 'content-length': `${body.length}` }).end(body)
}
