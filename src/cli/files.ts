import { createHash } from 'node:crypto'
import { mkdir, open, readFile, stat } from 'node:fs/promises'
import { StringDecoder } from 'node:string_decoder'
import type { Files, Written } from '../audit/files.ts'
import { Fault } from '../../domain/ports.ts'

const TEXT_BYTES_MAX = 16 * 1024 * 1024
const LINE_CHARACTERS_MAX = 2 * 1024 * 1024
/** Text gathered before it is written. */
const CHUNK_CHARACTERS = 64 * 1024

const WHY: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file or folder',
  EEXIST: 'the file is there already, and is not replaced',
  EACCES: 'it may not be opened',
  EISDIR: 'it is a folder',
  ENOTDIR: 'a part of the path is no folder',
  ENOSPC: 'the disk is full',
}

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'unknown'

/** What the system says, in words that say what to do, with the path that the operator gave. */
const explained = async <T>(path: string, act: () => Promise<T>): Promise<T> => {
  try {
    return await act()
  } catch (error) {
    if (error instanceof Fault) throw error
    const code = codeOf(error)
    throw new Fault('invalid', `${path}: ${WHY[code] ?? `the system says ${code}`}`, { cause: error })
  }
}

const write = async (path: string, chunks: AsyncIterable<string>): Promise<Written> => {
  const file = await explained(path, () => open(path, 'wx', 0o600))
  const digest = createHash('sha256')
  let bytes = 0
  const put = async (text: string): Promise<void> => {
    const buffer = Buffer.from(text)
    digest.update(buffer)
    bytes += buffer.length
    await explained(path, () => file.writeFile(buffer))
  }
  try {
    let gathered = ''
    for await (const chunk of chunks) {
      gathered += chunk
      if (gathered.length < CHUNK_CHARACTERS) continue
      await put(gathered)
      gathered = ''
    }
    await put(gathered)
    await explained(path, () => file.sync())
  } finally {
    await file.close()
  }
  return { bytes, sha256: digest.digest('base64url') }
}

async function* pull(path: string): AsyncGenerator<string, Written> {
  const digest = createHash('sha256')
  const decoder = new StringDecoder('utf8')
  let bytes = 0
  let rest = ''
  const file = await explained(path, () => open(path))
  try {
    for await (const chunk of file.createReadStream() as AsyncIterable<Buffer>) {
      digest.update(chunk)
      bytes += chunk.length
      const parts = (rest + decoder.write(chunk)).split('\n')
      rest = parts.pop() ?? ''
      if (rest.length > LINE_CHARACTERS_MAX)
        throw new Fault('invalid', `${path}: a line is longer than ${String(LINE_CHARACTERS_MAX)} characters`)
      yield* parts
    }
  } finally {
    await file.close()
  }
  rest += decoder.end()
  if (rest !== '') yield rest
  return { bytes, sha256: digest.digest('base64url') }
}

const lines = async (path: string, line: (text: string) => void): Promise<Written> => {
  const texts = pull(path)
  for (;;) {
    const next = await explained(path, () => texts.next())
    if (next.done === true) return next.value
    line(next.value)
  }
}

/** The machine's own files. */
export const systemFiles: Files = {
  makeFolder: (path) =>
    explained(path, async () => {
      await mkdir(path, { recursive: true, mode: 0o700 })
    }),
  write,
  lines,
  pull,
  text: (path) =>
    explained(path, async () => {
      if ((await stat(path)).size > TEXT_BYTES_MAX) throw new Fault('invalid', `${path}: is larger than ${String(TEXT_BYTES_MAX)} bytes`)
      return readFile(path, 'utf8')
    }),
}
