import { defineConfig } from 'vite'
import { precompress } from './precompress.ts'

/** The page that Entra returns to, built apart: together they would share a chunk, and this one must stay small. */
export default defineConfig({
  publicDir: false,
  build: {
    target: 'es2023',
    emptyOutDir: false,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: { input: 'auth/redirect.html' },
  },
  plugins: [precompress()],
})
