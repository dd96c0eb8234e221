/// <reference types="node" preserve="true" />

export { nameStem } from './name-stem.ts'
export { recorder } from './recorder/recorder.ts'
export type { CrashOptions, Recorder, RecorderOptions, WriteOptions } from './recorder/recorder.ts'
