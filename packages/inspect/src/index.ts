/// <reference types="node" preserve="true" />

export { nameStem } from './name-stem.ts'
