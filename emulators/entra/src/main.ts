import { serve } from '@entra-agents/service-kit'
import { buildApp } from './app.ts'
import { readConfig } from './config.ts'

await serve(() => {
  const config = readConfig(process.env)
  return { app: buildApp(config), host: config.host, port: config.port }
})
