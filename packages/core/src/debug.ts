import './kernel/requirements.ts'
export { debug } from './debug/debug.ts'
export type { DebugOptions, DebugWarning } from './debug/debug.ts'
export type { DebugWarningCode } from './debug/found.ts'
