import { delimiter, dirname } from 'node:path'
import { defineConfig } from 'vitest/config'
import { launcherOf } from '../../scripts/tools/tool.ts'

const jsonReport = process.env['VITEST_JSON_REPORT']

/** Tests on the cluster of KUBECONFIG, one file at a time, since they share its nodes. */
export default defineConfig({
  test: {
    include: ['tests/cluster/**/*.test.ts'],
    // This test takes long, since Kubernetes renews tokens after eight minutes at the earliest.
    exclude: process.env['LONG_TESTS'] === 'true' ? [] : ['tests/cluster/token-rotation.test.ts'],
    reporters: jsonReport ? ['verbose', ['json', { outputFile: jsonReport }]] : ['verbose'],
    // The programs that `make tools` has fetched.
    env: { PATH: [dirname(launcherOf('any')), process.env['PATH']].join(delimiter) },
    globalSetup: ['tests/cluster/support/global-setup.ts'],
    fileParallelism: false,
    testTimeout: 60_000,
    hookTimeout: 300_000,
  },
})
