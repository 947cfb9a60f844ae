import { serve } from '@entra-agents/service-kit'
import { buildApp } from './app.ts'
import { readConfig } from './config.ts'

await serve(() => {
  const config = readConfig(process.env)
  return { app: buildApp(config), ...config.listen, portVariable: 'ASPNETCORE_URLS' }
})
