/// <reference types="node" preserve="true" />

export { bullmqStore } from './bullmq/bullmq-store.ts'
export type { BullmqOptions, RedisDurability } from './bullmq/bullmq-store.ts'
