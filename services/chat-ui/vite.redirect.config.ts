import { defineConfig } from 'vite'
import { precompress } from './precompress.ts'

/** The pages that Entra returns to, built apart: together with the page they would share a chunk, and these must stay small. */
export default defineConfig({
  publicDir: false,
  build: {
    target: 'es2023',
    emptyOutDir: false,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: { input: ['auth/redirect.html', 'auth/consent.html'] },
  },
  plugins: [precompress()],
})
