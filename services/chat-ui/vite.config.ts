import { defineConfig } from 'vite'
import { precompress } from './precompress.ts'

/** The page. Nothing is inlined, so that it runs under a Content-Security-Policy without exceptions. */
export default defineConfig({
  build: {
    target: 'es2023',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // Of the packages that browsers get.
    license: { fileName: 'licenses.md' },
  },
  plugins: [precompress()],
})
