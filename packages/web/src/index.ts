/// <reference types="node" preserve="true" />

export { openPageServer, PageServer } from './page-server.ts'
export type { PageCall, PageServerOptions } from './page-server-options.ts'
export { PageError } from './page-error.ts'
export { readPage } from './read-page.ts'
export type { Page } from './read-page.ts'
