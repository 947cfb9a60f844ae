import { randomUUID } from 'node:crypto'
import { createServer } from '@entra-agents/service-kit'
import type { FastifyInstance } from 'fastify'
import { Account } from './account/account.ts'
import { addBedrockRoutes } from './bedrock/routes.ts'
import type { Config } from './config.ts'
import { Controls } from './control/controls.ts'
import { acceptHttp2 } from './http2.ts'
import { addLogs } from './logs/tables.ts'
import { addStsRoute } from './sts/route.ts'

const bodyLimitBytes = 20 * 1024 * 1024

declare module 'fastify' {
  interface FastifyInstance {
    readonly controls: Controls
  }
}

/**
 * The emulator of Amazon Bedrock Runtime and AWS STS as a Fastify app. Tests in the same process use `app.controls` instead
 * of `/emulator/*`.
 *
 * @param random decides how answers are cut into tokens; if it is constant, the same answer is always cut alike
 */
export function buildApp(config: Config, random: () => number = Math.random): FastifyInstance {
  const controls = new Controls(config)
  const account = new Account(config, controls.clock, controls.settings)
  const app = createServer({
    logLevel: config.logLevel,
    bodyLimit: bodyLimitBytes,
    exposeHeadRoutes: false,
    genReqId: () => randomUUID(),
    routerOptions: { maxParamLength: 2_048 },
    forceCloseConnections: true,
  })
  acceptHttp2(app)
  app.decorate('controls', controls)
  controls.addControls(app, scope => addLogs(scope, controls.trail))
  for (const addRoutes of [addBedrockRoutes, addStsRoute]) {
    app.register(async scope => {
      // AWS accepts any content type, and the signature is computed over the raw bytes.
      scope.removeAllContentTypeParsers()
      scope.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body))
      addRoutes(scope, { account, controls, random })
    })
  }
  return app
}
