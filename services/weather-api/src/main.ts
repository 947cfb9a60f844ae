import { serve } from '@entra-agents/service-kit'
import { buildApp } from './app.ts'
import { readConfig } from './config.ts'

await serve(async () => {
  const config = readConfig(process.env)
  const app = await buildApp(config)
  const { keepAliveTimeout: drainMs } = app.server
  return { app, host: config.host, port: config.port, drainMs, stopTimeoutMs: 20_000 }
})
