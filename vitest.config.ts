import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['{packages,services,emulators,scripts,tests}/**/*.test.{ts,tsx}'],
    restoreMocks: true,
    unstubEnvs: true,
  },
})
