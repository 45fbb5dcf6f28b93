import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, readFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { Fault, type Destruction, type Destructions } from '../../../domain/ports.ts'

const NAME = 'destroyed.jsonl'
const REF = /^[0-9a-hjkmnp-tv-z]{26}$/

const lineOf = (text: string): Destruction | undefined => {
  try {
    const { ref, at } = JSON.parse(text) as Partial<Destruction>
    return typeof ref === 'string' && REF.test(ref) && typeof at === 'string' ? { ref, at } : undefined
  } catch {
    return undefined
  }
}

/** The list in a file of its own, added to and never rewritten; each line is flushed before anything is destroyed. */
export const fileDestructions = ({ directory }: { readonly directory: string }): Destructions => {
  const path = join(directory, NAME)
  return {
    add: async ({ ref, at }) => {
      mkdirSync(directory, { recursive: true, mode: 0o700 })
      const descriptor = openSync(path, 'a', 0o600)
      try {
        // A line that a crash cut off does not swallow this one.
        writeSync(descriptor, `\n${JSON.stringify({ ref, at })}\n`)
        fsyncSync(descriptor)
      } catch (error) {
        throw new Fault('unavailable', 'the list of destroyed persons cannot be written', { cause: error })
      } finally {
        closeSync(descriptor)
      }
    },
    all: async () =>
      existsSync(path)
        ? readFileSync(path, 'utf8')
            .split('\n')
            .flatMap((line) => lineOf(line) ?? [])
        : [],
  }
}
