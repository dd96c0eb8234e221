/// <reference types="node" preserve="true" />

export { openTestPostgres } from './testing/open-test-postgres.ts'
export type { TestPostgres, TestPostgresOptions } from './testing/open-test-postgres.ts'
