import { gather, sleep } from '../../../src/index.ts'
import type { Service } from './service.ts'

export const autosave: Service = {
  what: 'an edit during a save is marked as saved when that save comes back',
  program: (mended) => async () => {
    const editor = { text: '', dirty: false }
    let stored = ''
    async function save(): Promise<void> {
      const { text } = editor
      await sleep(9)
      stored = text
      if (!mended || editor.text === text) editor.dirty = false
    }
    async function autosaver(): Promise<void> {
      for (let i = 0; i < 3; i++) {
        await sleep(50)
        if (editor.dirty) await save()
      }
    }
    async function writer(): Promise<void> {
      for (const word of ['to', ' be', ' or']) {
        await sleep(31)
        editor.text += word
        editor.dirty = true
      }
    }
    await gather({ autosaver, writer })
    while (editor.dirty) await save()
    if (stored !== editor.text) throw new Error(`stored "${stored}", written "${editor.text}"`)
  },
}
