import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

// Where `synapse-toon serve` listens by default; only `vite dev` asks it.
const gateway = 'http://127.0.0.1:8787'

export default defineConfig({
  // Relative, so that the page also works behind a proxy that mounts it below a path.
  base: './',
  plugins: [react()],
  build: { outDir: '../dist/page', emptyOutDir: true },
  server: { proxy: { '/chat': gateway, '/streams': gateway, '/healthz': gateway } },
})
