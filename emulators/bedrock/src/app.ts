import { answerWithProblems, loggerOptions } from '@entra-bedrock-agent/service-kit'
import Fastify, { type FastifyInstance, LogController } from 'fastify'
import { Account } from './account/account.ts'
import { createDefaultSeed } from './account/default-seed.ts'
import type { Seed } from './account/seed.ts'
import { addBedrockRoutes } from './bedrock/routes.ts'
import { Clock } from './clock.ts'
import type { Config } from './config.ts'
import { createDualProtocolServer, type DualProtocolServer } from './server/dual-protocol-server.ts'
import { addStsRoute } from './sts/route.ts'
import { addSwitchboardRoutes } from './switchboard/routes.ts'
import { Switchboard } from './switchboard/switchboard.ts'

const bodyLimitBytes = 20 * 1024 * 1024

export interface Dependencies {
  readonly seed?: Seed
  readonly clock?: Clock
  /** Cuts the model's answers into tokens; a constant makes them the same every time. */
  readonly random?: () => number
}

declare module 'fastify' {
  interface FastifyInstance {
    readonly switchboard: Switchboard
    readonly account: Account
  }
}

/**
 * The stand-in for Amazon Bedrock Runtime and AWS STS as a Fastify app.
 * `app.switchboard` and `app.account` give tests in the same process what `/emulator/*` gives the others.
 */
export function buildApp(config: Config, dependencies: Dependencies = {}): FastifyInstance {
  const { seed = createDefaultSeed(config), clock = new Clock(), random = Math.random } = dependencies
  const account = new Account(seed, clock)
  const switchboard = new Switchboard(config.pace)
  const listening: DualProtocolServer[] = []
  const app: FastifyInstance = Fastify({
    logger: loggerOptions(config.logLevel),
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: bodyLimitBytes,
    exposeHeadRoutes: false,
    ajv: { customOptions: { removeAdditional: false, coerceTypes: false } },
    routerOptions: { maxParamLength: 2_048 },
    forceCloseConnections: true,
    serverFactory: listener => {
      // Once for each address: localhost has two.
      const dual = createDualProtocolServer(listener)
      listening.push(dual)
      return dual.server
    },
  })
  app.decorate('switchboard', switchboard)
  app.decorate('account', account)
  app.addHook('preClose', async () => {
    for (const { cutConnections } of listening) cutConnections()
  })
  answerWithProblems(app)
  app.get('/livez', async () => ({ status: 'ok' }))
  app.get('/readyz', async () => ({ status: 'ok' }))
  app.register(async scope => addSwitchboardRoutes(scope, { account, switchboard }))
  app.register(async scope => {
    // AWS takes any content type, and signatures are over the bytes as they came.
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body))
    addBedrockRoutes(scope, { account, switchboard, random })
    addStsRoute(scope, { account, switchboard })
  })
  return app
}
