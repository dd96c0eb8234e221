/// <reference types="node" preserve="true" />

export { nameStem } from './name-stem.ts'
export { recorder } from './recorder/recorder.ts'
export type { CrashOptions, Recorder, RecorderOptions, WriteOptions } from './recorder/recorder.ts'
export { describeBlock } from './watchdog/block-report.ts'
export type { BlockReport } from './watchdog/block-report.ts'
export { watchdog } from './watchdog/watchdog.ts'
export type { Watchdog, WatchdogOptions } from './watchdog/watchdog.ts'
