import { smoke } from './program.ts'

const verdict = await smoke()
console.log(verdict)
if (verdict !== 'ok') throw new Error(verdict)
