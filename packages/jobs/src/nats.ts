/// <reference types="node" preserve="true" />

export { jetstreamStore } from './nats/jetstream-store.ts'
export type { JetstreamOptions } from './nats/jetstream-store.ts'
