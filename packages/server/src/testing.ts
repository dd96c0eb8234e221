export { Call } from './testing/call.ts'
export { testClient } from './testing/test-client.ts'
export type { CallOptions, TestClient } from './testing/test-client.ts'
export { TestResponse } from './testing/test-response.ts'
