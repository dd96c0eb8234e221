export { kyselyDialect } from './kysely/kysely-dialect.ts'
