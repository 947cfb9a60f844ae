import config from '../vitest.config.ts'
import { target } from './targets.mjs'

export default { ...config, test: { ...config.test, include: target.tests } }
