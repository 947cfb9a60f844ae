import { graphPrincipalId } from '../directory/microsoft.ts'
import demo from '../seed/demo.json' with { type: 'json' }

const { users, groups, apps, blueprints } = demo
const weather = apps['weather-api']
const [readAll] = weather.roles

/** Object ids of the demo's tenant. */
export const seedIds = {
  ada: users.ada.id,
  agentUser: blueprints.weather.agents['weather-agent'].user.id,
  ben: users.ben.id,
  traineeAgent: blueprints.weather.agents['trainee-agent'].id,
  blueprintPrincipal: blueprints.weather.principalId,
  weatherApplication: weather.objectId,
  weatherPrincipal: weather.principalId,
  weatherReadAllRole: readAll?.id ?? '',
  spaPrincipal: apps.page.principalId,
  setupPrincipal: apps['set-up'].principalId,
  graphPrincipal: graphPrincipalId,
  group: groups['weather-readers'].id,
} as const
