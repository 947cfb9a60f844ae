import { afterAll, vi } from 'vitest'

// The next file runs in the same process, and its `beforeAll` comes before `unstubEnvs` restores anything.
afterAll(() => void vi.unstubAllEnvs())
