import { defineConfig } from 'vitest/config'
export default defineConfig({
  test: { include: ['*.test.ts'] },
  ssr: { resolve: { conditions: ['@corral/source', 'node', 'import', 'default'] } },
  resolve: { conditions: ['@corral/source'] },
})
