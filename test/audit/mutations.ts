import { cpSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { generateKeyPair, sign } from 'node:crypto'
import { promisify } from 'node:util'
import { digestOf, genesisOf } from '../../src/chain.ts'
import { sha256 } from '../../src/crypto/hash.ts'
import type { StoredEvent } from '../../domain/ports.ts'

/** A whole number below `below`, from a seed: the same seed gives the same mutations. */
export type Dice = (below: number) => number

export const dice = (seed: number): Dice => {
  let draws = 0
  return (below) => {
    draws += 1
    return Buffer.from(sha256(`${String(seed)}/${String(draws)}`)).readUInt32BE(4) % below
  }
}

type Line = { [member: string]: unknown; n: number; digest: string; previous: string; chain: string; data: string; metadata: string }

const sealed = (record: Line): string => {
  const { seal: _seal, ...rest } = record
  const text = JSON.stringify(rest).slice(0, -1)
  return `${text},"seal":"${sha256(text)}"}`
}

const linesOf = (folder: string): string[] => readFileSync(join(folder, 'audit.jsonl'), 'utf8').trimEnd().split('\n')
const write = (folder: string, lines: readonly string[]): void => writeFileSync(join(folder, 'audit.jsonl'), `${lines.join('\n')}\n`)

/** One byte is another: never the same, never one that makes a line of two. */
const otherByte = (bytes: Buffer, roll: Dice, from: number, to: number): void => {
  const at = from + roll(to - from)
  bytes.writeUInt8((bytes.readUInt8(at) ^ (1 << roll(7))) & 0x7f, at)
}

/** Everything that can be computed without a key is computed again, and what is signed is signed with the attacker's own. */
const resigned = async (folder: string, lines: readonly string[]): Promise<void> => {
  write(folder, lines)
  const blocks: string[] = []
  for (let from = 0; from < lines.length; from += 1000)
    blocks.push(
      sha256(
        lines
          .slice(from, from + 1000)
          .map((line) => `${line}\n`)
          .join(''),
      ),
    )
  const manifest = JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8')) as {
    [member: string]: unknown
    files: { name: string; sha256: string }[]
  }
  const last = JSON.parse(lines.at(-1)!) as Line & { position: string }
  const end = { n: last.n, chain: last.chain, position: last.position }
  const { publicKey, privateKey } = await promisify(generateKeyPair)('ed25519')
  const { crv = '', kty = '', x = '' } = publicKey.export({ format: 'jwk' }) as Record<string, string>
  const kid = sha256(JSON.stringify({ crv, kty, x }))
  const keys = JSON.stringify({ keys: [{ crv, kty, x, kid }] })
  writeFileSync(join(folder, 'keys.json'), keys)
  const files = manifest.files.map((file) => (file.name === 'keys.json' ? { ...file, sha256: sha256(keys), bytes: keys.length } : file))
  const text = JSON.stringify({ ...manifest, count: lines.length, last: end, head: end, blocks, files })
  writeFileSync(join(folder, 'manifest.json'), text)
  const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')
  const claims = {
    log: manifest['log'],
    manifest: sha256(text),
    n: end.n,
    chain: end.chain,
    at: manifest['exported_at'],
    keys: [{ crv, kty, x }],
  }
  const input = `${part({ alg: 'EdDSA', typ: 'manifest+jwt', kid })}.${part(claims)}`
  writeFileSync(join(folder, 'manifest.jws'), `${input}.${sign(null, Buffer.from(input), privateKey).toString('base64url')}\n`)
}

/** From a line on every chain, number and seal is made to fit again. */
const rechained = (lines: readonly string[]): string[] => {
  let n = 0
  let chain = sha256('esignet:audit-log')
  return lines.map((line) => {
    n += 1
    const record = JSON.parse(line) as Line
    const next = { ...record, n, previous: chain, chain: sha256(chain + record.digest) }
    chain = next.chain
    return sealed(next)
  })
}

/** The digests of the events are made to fit again as well, stream by stream. */
const redigested = (lines: readonly string[]): string[] => {
  const heads = new Map<string, string>()
  return lines.map((line) => {
    const record = JSON.parse(line) as Line & { stream: string; revision: number; event: string; type: string }
    const { stream, revision, event: id, type, data } = record
    const previous = heads.get(stream) ?? genesisOf(stream)
    const { digest: _digest, ...rest } = { ...(JSON.parse(record.metadata) as object), previous } as { digest?: string }
    const metadata = JSON.stringify(rest)
    const digest = digestOf({ previous, stream, revision, id, type, data, metadata })
    heads.set(stream, digest)
    return sealed({ ...record, digest, metadata: `${metadata.slice(0, -1)},"digest":"${digest}"}` })
  })
}

const swap = <T>(list: T[], one: number, other: number): T[] => {
  const [a, b] = [list[one]!, list[other]!]
  return list.with(one, b).with(other, a)
}

const edited = (line: string): string => {
  const record = JSON.parse(line) as Line
  return sealed({ ...record, data: record.data.replace(/[a-z](?=[^a-z]*$)/, (letter) => (letter === 'x' ? 'y' : 'x')) })
}

export type Made = {
  readonly kind: string
  /** The first record that is not what it was; undefined where the change is beside the records. */
  readonly n?: number
  /** It is named to the record, also with nothing but the package. Else against what is held. */
  readonly exact: boolean
}

/** Kinds of tampering with a package. */
export const PACKAGE_KINDS = [
  'byte',
  'file',
  'drop',
  'swap',
  'add',
  'cut',
  'forged-edit',
  'forged-drop',
  'forged-swap',
  'forged-add',
  'forged-cut',
] as const

/** Tampers with a package in one way. `held`: how many records what is held covers; forgeries are within them, a cut reaches into them. */
export const mutatePackage = async (folder: string, kind: (typeof PACKAGE_KINDS)[number], roll: Dice, held: number): Promise<Made> => {
  const lines = linesOf(folder)
  const at = roll(held - 2)
  const n = at + 1
  switch (kind) {
    case 'byte': {
      const bytes = lines.map((line) => Buffer.from(line))
      otherByte(bytes[at]!, roll, 0, bytes[at]!.length)
      writeFileSync(join(folder, 'audit.jsonl'), Buffer.concat(bytes.flatMap((line) => [line, Buffer.from('\n')])))
      return { kind, n, exact: true }
    }
    case 'file': {
      const name = ['manifest.json', 'manifest.jws', 'keys.json', 'schemas.json', 'artefacts.jsonl', 'verify.mjs'][roll(6)]!
      const bytes = readFileSync(join(folder, name))
      otherByte(bytes, roll, 0, bytes.length)
      writeFileSync(join(folder, name), bytes)
      return { kind: `${kind} ${name}`, exact: false }
    }
    case 'drop':
      write(folder, lines.toSpliced(at, 1))
      return { kind, n, exact: true }
    case 'swap':
      write(folder, swap(lines, at, at + 1 + roll(lines.length - at - 1)))
      return { kind, n, exact: true }
    case 'add':
      write(folder, lines.toSpliced(at + 1 + roll(lines.length - at), 0, lines[at]!))
      return { kind, n, exact: true }
    case 'cut':
      write(folder, lines.slice(0, at + 1))
      return { kind, n: n + 1, exact: true }
    case 'forged-edit':
      await resigned(folder, rechained(redigested(lines.with(at, edited(lines[at]!)))))
      return { kind, n, exact: false }
    case 'forged-drop':
      await resigned(folder, rechained(lines.toSpliced(at, 1)))
      return { kind, n, exact: false }
    case 'forged-swap':
      await resigned(folder, rechained(swap(lines, at, at + 1)))
      return { kind, n, exact: false }
    case 'forged-add':
      await resigned(folder, rechained(lines.toSpliced(at, 0, lines[at]!)))
      // Of two that are alike the second is the one too many.
      return { kind, n: n + 1, exact: false }
    case 'forged-cut':
      await resigned(folder, rechained(lines.slice(0, at + 1)))
      return { kind, n: n + 1, exact: false }
  }
}

/** Kinds of tampering with the events themselves, before the audit log is told again and a true broker exports it. */
export const STORE_KINDS = ['edit', 'edit-redigested', 'drop', 'drop-redigested', 'add', 'swap', 'cut'] as const

const renumbered = (events: readonly StoredEvent[]): StoredEvent[] => {
  const heads = new Map<string, { revision: number; digest: string }>()
  return events.map((event, index) => {
    const { stream, id, type, data } = event
    const before = heads.get(stream) ?? { revision: -1, digest: genesisOf(stream) }
    const revision = before.revision + 1
    const { digest: _digest, ...rest } = { ...(JSON.parse(event.metadata) as object), previous: before.digest } as { digest?: string }
    const metadata = JSON.stringify(rest)
    const digest = digestOf({ previous: before.digest, stream, revision, id, type, data, metadata })
    heads.set(stream, { revision, digest })
    return { ...event, revision, position: String(index + 1).padStart(16, '0'), metadata: `${metadata.slice(0, -1)},"digest":"${digest}"}` }
  })
}

const restreamed = (events: readonly StoredEvent[]): StoredEvent[] => {
  const next = new Map<string, number>()
  return events.map((event, index) => {
    const revision = next.get(event.stream) ?? 0
    next.set(event.stream, revision + 1)
    return { ...event, revision, position: String(index + 1).padStart(16, '0') }
  })
}

/** The events as somebody leaves them who writes into the file. */
export const mutateEvents = (events: readonly StoredEvent[], kind: (typeof STORE_KINDS)[number], roll: Dice, held: number) => {
  const at = roll(held - 2)
  const event = events[at]!
  const other = { ...event, data: event.data.replace(/[a-z](?=[^a-z]*$)/, (letter) => (letter === 'x' ? 'y' : 'x')) }
  const made = { kind: `events ${kind}`, n: at + 1, exact: false }
  switch (kind) {
    case 'edit':
      return { events: events.with(at, other), made: { ...made, exact: true } }
    case 'edit-redigested':
      return { events: renumbered(events.with(at, other)), made }
    case 'drop':
      return { events: restreamed(events.toSpliced(at, 1)), made }
    case 'drop-redigested':
      return { events: renumbered(events.toSpliced(at, 1)), made }
    case 'add':
      return { events: renumbered(events.toSpliced(at, 0, { ...event, id: event.id.replace(/^.{8}/, '00000000') })), made }
    case 'swap':
      return { events: renumbered(swap([...events], at, at + 1)), made }
    case 'cut':
      return { events: events.slice(0, at + 1), made: { ...made, n: at + 2 } }
  }
}

export const copyOf = (from: string, to: string): void => cpSync(from, to, { recursive: true })
