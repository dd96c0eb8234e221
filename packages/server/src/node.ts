export { openRequestScopes, RequestScopes } from './guest/request-scopes.ts'
export type { RequestScopesOptions, ScopeOptions } from './guest/request-scopes.ts'
