/// <reference types="node" preserve="true" />

export { kyselyDialect } from './kysely/kysely-dialect.ts'
