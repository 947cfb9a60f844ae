import { serve } from '@entra-agents/service-kit'
import { buildApp } from './app.ts'
import { readConfig } from './config.ts'

await serve(async () => {
  const config = readConfig(process.env)
  const { host, port, stopTimeoutMs } = config
  return { app: await buildApp(config), host, port, stopTimeoutMs }
})
