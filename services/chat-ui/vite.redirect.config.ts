import { defineConfig, mergeConfig } from 'vite'
import page from './vite.config.ts'

/** The page that Entra returns to, built apart: together they would share a chunk, and this one must stay small. */
export default mergeConfig(
  page,
  defineConfig({
    publicDir: false,
    build: { emptyOutDir: false, rolldownOptions: { input: 'auth/redirect.html' } },
  }),
)
