import { defineConfig } from 'vite'
import { precompress } from './precompress.ts'

/** The pages that Entra redirects to, in a build of their own: they must stay small and share no chunk with the main page. */
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
