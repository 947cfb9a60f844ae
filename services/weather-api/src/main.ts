import { serve } from '@entra-bedrock-agent/service-kit'
import { buildApp } from './app.ts'
import { readConfig } from './config.ts'

await serve(async () => {
  const config = readConfig(process.env)
  return { app: await buildApp(config), host: config.host, port: config.port }
})
