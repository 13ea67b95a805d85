import { defineConfig } from 'vitest/config';

export default defineConfig({
  // Without the alias vitest loads graphql twice, as a module and as CommonJS: "another module or realm".
  resolve: { alias: [{ find: /^graphql$/, replacement: 'graphql/index.js' }] },
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/system/**'],
    testTimeout: 90_000,
    hookTimeout: 90_000,
  },
});
