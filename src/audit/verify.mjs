#!/usr/bin/env node
/**
 * Verifies a package of eSignet's audit log with plain Node (18 or later): no network, no other file, no dependency. The format is
 * described in ops/audit-export.md, well enough to write another verifier from.
 *
 *   node verify.mjs [FOLDER] [--since FILE|FOLDER]... [--key KID]... [--json]
 *
 * FOLDER (default: where this file lies) is the package. --since names what you hold from before: a checkpoint, the manifest.jws of an
 * older package, or an older package. --key names a key that you know to be the broker's. Exit code 0: it holds; 1: something is wrong,
 * and the first wrong record is named; 2: it was called wrongly.
 */
import * as crypto from 'node:crypto'
import { createReadStream, readFileSync, realpathSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const RECORDS = 'audit.jsonl'
const BLOCK_RECORDS = 1000
/** What is remembered, so that memory is bounded: ends of streams, chains that a checkpoint may speak of, records that are missing. */
const STREAMS_MAX = 100_000
const CHAINS_MAX = 65_536
const MISSING_MAX = 10_000
const PROBLEMS_MAX = 20
const SMALL_FILE_MAX = 64 * 1024 * 1024
const LINE_MAX = 4 * 1024 * 1024

const sha256 = crypto.hash
  ? (data) => crypto.hash('sha256', data, 'base64url')
  : (data) => crypto.createHash('sha256').update(data).digest('base64url')

const GENESIS = sha256('esignet:audit-log')

/** Problems in the order in which they were met; of one that is about a record the smallest number counts as the first. */
const findings = () => {
  const kept = []
  let wrong = 0
  let first
  return {
    add: (problem, place = {}) => {
      const finding = { ...place, problem }
      wrong += 1
      if (kept.length < PROBLEMS_MAX) kept.push(finding)
      if (first === undefined || (finding.n !== undefined && (first.n === undefined || finding.n < first.n))) first = finding
      return finding
    },
    result: () => ({ wrong, ...(first && { first }), problems: kept }),
  }
}

const smallText = (path) => {
  if (statSync(path).size > SMALL_FILE_MAX) throw new Error(`${path} is too large`)
  return readFileSync(path, 'utf8')
}

const objectOf = (text) => {
  try {
    const value = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined
  } catch {
    return undefined
  }
}

/** RFC 7638: the name of a key is the digest of its members. */
const kidOf = ({ crv, kty, x }) => sha256(JSON.stringify({ crv, kty, x }))

const isKey = (key) => key?.kty === 'OKP' && key.crv === 'Ed25519' && typeof key.x === 'string' && /^[A-Za-z0-9_-]{43}$/.test(key.x)

/** The bytes of base64url in its one canonical form: nobody writes the same in two ways. */
const bytesOf = (part) => {
  const bytes = Buffer.from(part, 'base64url')
  return part !== '' && bytes.toString('base64url') === part ? bytes : undefined
}

/** A compact JWS taken apart (RFC 7515 §7.1), perhaps with a line feed after it; undefined for anything else. */
const statementOf = (text) => {
  const parts = text.replace(/\n$/, '').split('.')
  const [head, body, signature] = parts.map(bytesOf)
  if (parts.length !== 3 || head === undefined || body === undefined || signature === undefined) return undefined
  const [header, claims] = [head, body].map((bytes) => objectOf(bytes.toString('utf8')))
  return header && claims && { header, claims, input: Buffer.from(`${parts[0]}.${parts[1]}`), signature }
}

/**
 * The keys that are known, and those that are trusted: named by who verifies, or by a statement that a trusted key signed. Where nobody
 * names one, the package's own are taken, and that is said.
 */
const keyRing = (named) => {
  const known = new Map()
  const trusted = new Set(named)
  const learn = (keys) => {
    for (const key of Array.isArray(keys) ? keys : []) if (isKey(key)) known.set(kidOf(key), key)
  }
  const verifies = ({ header, claims, input, signature }, type) => {
    learn(claims.keys)
    const key = known.get(header.kid)
    if (header.typ !== type || header.alg !== 'EdDSA' || key === undefined) return false
    const jwk = { kty: key.kty, crv: key.crv, x: key.x }
    return crypto.verify(null, input, crypto.createPublicKey({ key: jwk, format: 'jwk' }), signature)
  }
  return {
    learn,
    trust: (kid) => trusted.add(kid),
    trustsAny: () => trusted.size > 0,
    /** What is wrong with a statement; undefined when a trusted key signed it, which then vouches for the keys that it names. */
    problem: (statement, type) => {
      if (statement === undefined) return 'it is no signed statement'
      if (!verifies(statement, type)) return 'its signature does not verify'
      if (trusted.size > 0 && !trusted.has(statement.header.kid))
        return `it is signed by key ${statement.header.kid}, which nothing that you hold vouches for`
      if (trusted.size > 0) for (const key of statement.claims.keys ?? []) if (isKey(key)) trusted.add(kidOf(key))
      return undefined
    },
  }
}

const lengthPrefixed = (parts) => {
  let text = ''
  for (const part of parts) text += `${part.length}:${part}`
  return text
}

const DIGEST_TAIL = 56 // ,"digest":"<43 characters>"}

/** The digest that an event has by its bytes, the digest that it says came before, and its metadata. */
const eventOf = ({ stream, revision, event, type, data, metadata, readable }) => {
  const parsed = objectOf(metadata)
  if (readable === false || parsed === undefined) return { digest: sha256(`${data}\n${metadata}`), metadata: parsed }
  const rest = `${metadata.slice(0, -DIGEST_TAIL)}}`
  const digest = sha256(lengthPrefixed([String(parsed.previous), stream, String(revision), event, type, data, rest]))
  return { digest, metadata: parsed }
}

const isRecord = (value) =>
  value !== undefined &&
  Number.isSafeInteger(value.n) &&
  Number.isSafeInteger(value.revision) &&
  ['position', 'stream', 'type', 'event', 'digest', 'previous', 'chain', 'data', 'metadata', 'text'].every(
    (name) => typeof value[name] === 'string',
  )

const SEAL_TAIL = 54 // ,"seal":"<43 characters>"}

/** What a record says of its event, against the event itself. */
const memberProblem = (record, { digest, metadata }) => {
  if (digest !== record.digest) return 'was changed: the bytes of its event do not give its digest'
  if (record.readable !== true) return 'is of an event that could not be read when it was told: it was changed in the store'
  if (!record.metadata.endsWith(`,"digest":"${record.digest}"}`)) return 'was changed: its event says another digest'
  if (record.at !== metadata.at) return 'was changed: its instant is not that of its event'
  if (record.correlation !== metadata.$correlationId) return 'was changed: its correlation is not that of its event'
  const actor = metadata.actor ?? objectOf(record.data)?.actor ?? null
  return (record.actor ?? null) === actor ? undefined : 'was changed: its actor is not that of its event'
}

/** What is wrong with the place of an event in its stream; `gap` says which revisions are missing before it. */
const streamProblem = ({ ends, whole }, { stream, revision, readable }, metadata) => {
  const before = ends.get(stream)
  if (before !== undefined && revision <= before.revision)
    return { problem: `is event ${revision} of ${stream} again, after event ${before.revision}` }
  const next = before === undefined ? (whole ? 0 : revision) : before.revision + 1
  if (revision > next) {
    const gap = `${revision - 1 === next ? `revision ${next}` : `revisions ${next} to ${revision - 1}`} of stream ${stream}`
    return { problem: `comes too early: before it ${gap} is missing`, gap }
  }
  if (readable !== true) return undefined
  const digest = before?.digest ?? (revision === 0 ? sha256(`esignet:stream:${stream}`) : metadata.previous)
  return metadata.previous === digest ? undefined : { problem: `does not follow the event before it in stream ${stream}` }
}

const follow = (streams, { stream, revision, digest }) => {
  const { ends } = streams
  if ((ends.get(stream)?.revision ?? -1) >= revision) return
  ends.delete(stream)
  ends.set(stream, { revision, digest })
  if (ends.size <= STREAMS_MAX) return
  // From here a stream that is not known may be one that was forgotten.
  streams.whole = false
  for (const oldest of ends.keys()) if (ends.delete(oldest)) break
}

/** Every line as text with its bytes; `block` is told each thousand lines, so that a change that nothing else shows is narrowed down. */
async function* linesOf(path, onBlock = () => {}) {
  let rest = Buffer.alloc(0)
  let lines = 0
  let hash = crypto.createHash('sha256')
  for await (const chunk of createReadStream(path, { highWaterMark: 1024 * 1024 })) {
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
    let from = 0
    let hashed = 0
    const batch = []
    for (let to; (to = bytes.indexOf(10, from)) >= 0; from = to + 1) {
      batch.push(bytes.toString('utf8', from, to))
      lines += 1
      if (lines % BLOCK_RECORDS !== 0) continue
      hash.update(bytes.subarray(hashed, to + 1))
      hashed = to + 1
      onBlock(lines, hash.digest('base64url'))
      hash = crypto.createHash('sha256')
    }
    hash.update(bytes.subarray(hashed, from))
    rest = bytes.subarray(from)
    if (rest.length > LINE_MAX) throw new Error(`${path}: a line is too long`)
    yield batch
  }
  if (rest.length > 0) {
    hash.update(rest)
    lines += 1
    yield [rest.toString('utf8')]
  }
  if (lines % BLOCK_RECORDS !== 0) onBlock(lines, hash.digest('base64url'))
}

/** Checkpoints among the records: signed by a trusted key, and over the very chain that stands here. */
const checkpointProblem = (record, keys, chains) => {
  const statement = statementOf(String(objectOf(record.data)?.statement ?? ''))
  const problem = keys.problem(statement, 'checkpoint+jwt')
  if (problem !== undefined) return `holds a checkpoint that does not count: ${problem}`
  const chain = chains.get(statement.claims.n)
  return chain === undefined || chain === statement.claims.chain
    ? undefined
    : `holds a checkpoint over another history: record ${statement.claims.n} had another chain when it was signed`
}

/** Numbers: which record is missing, was moved, or is there twice. */
const numberChecks = (found) => {
  const missing = new Map()
  let gap
  return {
    /** Where the record is not the next one that is said here. */
    problem: ({ n }, last, place) => {
      const moved = missing.get(n)
      if (moved !== undefined) {
        moved.problem = `was moved: it stands after record ${last.n}`
        missing.delete(n)
      } else if (n <= last.n) found.add(`was added: there is a record ${n} before it already`, place)
      else {
        gap = found.add(n === last.n + 2 ? 'is missing' : `is missing, and those up to record ${n - 1} too`, { n: last.n + 1 })
        for (let at = last.n + 1; at < n && missing.size < MISSING_MAX; at += 1) missing.set(at, gap)
      }
    },
    /** A stream that lacks a revision says what the record was that is missing. */
    explain: (revisions) => {
      if (gap?.problem.startsWith('is missing')) gap.problem += `: ${revisions}`
      gap = undefined
    },
  }
}

/** The records one after the other: seals, numbers, events, streams, chain, checkpoints. */
const recordChecks = ({ found, keys, first, compare }) => {
  let last = { n: first.n - 1, chain: first.n === 1 ? GENESIS : first.previous }
  let lines = 0
  const streams = { ends: new Map(), whole: first.n === 1 }
  const chains = new Map([[last.n, last.chain]])
  const numbers = numberChecks(found)
  const placeProblem = (record, metadata) => {
    const inStream = streamProblem(streams, record, metadata)
    if (inStream?.gap !== undefined) numbers.explain(inStream.gap)
    return inStream?.problem
  }
  const problemOf = (record, isNext) => {
    const { digest, metadata } = eventOf(record)
    const problem = memberProblem(record, { digest, metadata })
    if (problem !== undefined || record.n <= last.n) return problem
    if (isNext && record.previous !== last.chain) return 'does not continue the chain of the record before it'
    if (record.chain !== sha256(record.previous + record.digest)) return 'has a chain that does not follow from its digest'
    const misplaced = placeProblem(record, metadata)
    if (misplaced !== undefined || record.type !== 'CheckpointSigned') return misplaced
    return checkpointProblem(record, keys, chains)
  }
  const goOn = (n, { chain, position }) => {
    last = { n, chain, position }
    chains.set(n, chain)
    if (chains.size > CHAINS_MAX) for (const oldest of chains.keys()) if (chains.delete(oldest)) break
  }
  return {
    line: (line) => {
      lines += 1
      const record = objectOf(line)
      if (!isRecord(record)) return found.add(`was changed: line ${lines} is no record`, { n: last.n + 1 })
      // What such a line says of itself, its number too, counts for nothing.
      if (line.slice(-SEAL_TAIL) !== `,"seal":"${sha256(line.slice(0, -SEAL_TAIL))}"}`) {
        found.add('was changed: its bytes do not give its seal', { n: last.n + 1 })
        return goOn(last.n + 1, record)
      }
      const { n, stream, revision, position } = record
      const place = { n, stream, revision, position }
      const isNext = n === last.n + 1
      if (!isNext) numbers.problem(record, last, place)
      const problem = problemOf(record, isNext)
      if (problem !== undefined) found.add(problem, place)
      compare(record, found)
      follow(streams, record)
      if (n > last.n) goOn(n, record)
    },
    result: () => ({ records: lines, last }),
  }
}

/** What was held before, against the same record here. */
const heldAgainst = (held, first) => {
  const byNumber = new Map()
  for (const one of held) byNumber.set(one.n, [...(byNumber.get(one.n) ?? []), one])
  let agrees = 0
  const differs = (one, n, chain, found) => {
    if (one.chain === chain) return void (agrees = Math.max(agrees, n))
    const since = agrees === 0 ? 'up to it' : `after record ${agrees}`
    found.add(`is not the one that ${one.name} was signed over: something ${since} was changed, dropped, added or moved since`, { n })
  }
  return {
    before: (found) => {
      for (const one of byNumber.get(first.n - 1) ?? []) differs(one, first.n - 1, first.previous, found)
    },
    record: ({ n, chain }, found) => {
      for (const one of byNumber.get(n) ?? []) differs(one, n, chain, found)
    },
    end: (found, last, head) => {
      for (const one of held) {
        if (one.n > head.n)
          found.add(
            `is missing: ${one.name} was signed over ${one.n} records, and the log that this package is of ends at record ${head.n}`,
            { n: head.n + 1 },
          )
        else if (one.n === head.n && one.chain !== head.chain) found.add(`is not the one that ${one.name} was signed over`, { n: head.n })
        else if (one.n < first.n - 1 || one.n > last.n)
          if (one.n !== head.n)
            found.add(`${one.name} is over ${one.n} records: it cannot be compared with records ${first.n} to ${last.n}`)
      }
    },
  }
}

/** An older package, record by record: names the very record that is another now. */
const olderRecords = (folder) => {
  const lines = (async function* () {
    for await (const batch of linesOf(join(folder, RECORDS))) for (const line of batch) yield objectOf(line)
  })()
  let next
  let done = false
  return async (records, found) => {
    for (const { n, chain, stream, revision } of records) {
      while (!done && (next === undefined || next.n < n)) {
        const step = await lines.next()
        done = step.done === true
        next = step.value
      }
      if (done || next.n !== n || next.chain === chain) continue
      found.add(`is not the one of your older package, which has event ${next.revision} of ${next.stream} there`, { n, stream, revision })
      done = true
    }
  }
}

const isManifest = (value) =>
  value?.format === 'esignet-audit-export' &&
  value.version === 2 &&
  Array.isArray(value.files) &&
  Array.isArray(value.blocks) &&
  ['first', 'last', 'head'].every((name) => Number.isSafeInteger(value[name]?.n))

const smallFiles = (folder, manifest, found) => {
  for (const { name, sha256: digest } of manifest.files) {
    if (typeof name !== 'string' || /[/\\]/.test(name)) found.add('the manifest names a file outside the package')
    else if (sha256(readFileSync(join(folder, name))) !== digest) found.add(`${name} is not the file that the manifest was written for`)
  }
  const artefacts = smallText(join(folder, 'artefacts.jsonl')).split('\n').filter(Boolean)
  for (const line of artefacts) {
    const { digest, content } = objectOf(line) ?? {}
    if (typeof content !== 'string' || sha256(content) !== digest) found.add(`artefact ${digest} is not what its name says`)
  }
}

/** What is held from before: checkpoints, manifests, older packages. Each must be signed by a key that is trusted, or it makes one so. */
const readHeld = (since, keys) =>
  since.map((path) => {
    const folder = statSync(path).isDirectory() ? path : undefined
    const statement = statementOf(smallText(folder === undefined ? path : join(folder, 'manifest.jws')))
    if (folder !== undefined) keys.learn(objectOf(smallText(join(folder, 'keys.json')))?.keys)
    const { kid, typ } = statement?.header ?? {}
    if (typ !== 'checkpoint+jwt' && typ !== 'manifest+jwt') throw new Error(`${path} is no checkpoint and no package`)
    // What somebody keeps as their own speaks for its key.
    if (typeof kid === 'string') keys.trust(kid)
    const problem = keys.problem(statement, typ)
    const { n, chain, at } = statement.claims
    if (problem !== undefined || !Number.isSafeInteger(n)) throw new Error(`${path} cannot be used: ${problem ?? 'it has no number'}`)
    return { n, chain, folder, name: `what you hold (${typ === 'checkpoint+jwt' ? 'the checkpoint' : 'the package'} of ${at})` }
  })

const manifestProblem = (manifestText, statement, keys) =>
  keys.problem(statement, 'manifest+jwt') ??
  (statement.claims.manifest === sha256(manifestText) ? undefined : 'it was signed over another manifest')

/** Verifies a package. `since`: paths of what is held from before; `trusted`: names of keys. */
export const verifyPackage = async (folder, { since = [], trusted = [] } = {}) => {
  const found = findings()
  const keys = keyRing(trusted)
  const notes = []
  const held = readHeld(since, keys)
  const manifestText = smallText(join(folder, 'manifest.json'))
  const manifest = objectOf(manifestText)
  if (!isManifest(manifest)) {
    found.add('manifest.json is not the manifest of a package')
    return { ...found.result(), records: 0, last: { n: 0, chain: GENESIS }, notes }
  }
  keys.learn(objectOf(smallText(join(folder, 'keys.json')))?.keys)
  const statement = statementOf(smallText(join(folder, 'manifest.jws')))
  if (!keys.trustsAny())
    notes.push(
      `It is signed by key ${statement?.header.kid}: compare it with the one that the broker's owner told you, or name it with --key.`,
    )
  smallFiles(folder, manifest, found)

  const { first, last: end, head, blocks } = manifest
  const against = heldAgainst(held, first)
  const checks = recordChecks({ found, keys, first, compare: against.record })
  const older = held.flatMap((one) => (one.folder === undefined ? [] : [olderRecords(one.folder)]))
  const changedBlocks = []
  let block = 0
  against.before(found)
  const onBlock = (line, digest) => {
    if (blocks[block] !== digest) changedBlocks.push({ from: first.n + block * BLOCK_RECORDS, to: first.n + line - 1 })
    block += 1
  }
  for await (const batch of linesOf(join(folder, RECORDS), onBlock)) {
    for (const line of batch) checks.line(line)
    const records = older.length === 0 ? [] : batch.map(objectOf).filter(isRecord)
    for (const compare of older) await compare(records, found)
  }
  const { records, last } = checks.result()
  // Now that the checkpoints among the records have told of later keys.
  const unsigned = manifestProblem(manifestText, statement, keys)
  if (unsigned !== undefined) found.add(`manifest.jws: ${unsigned}`)
  if (last.n < end.n)
    found.add(end.n === last.n + 1 ? 'is missing at the end' : `is missing at the end, and those up to record ${end.n} too`, {
      n: last.n + 1,
    })
  else if (last.n > end.n) found.add(`was added: the package ends at record ${end.n}`, { n: end.n + 1 })
  else if (records > 0 && last.chain !== end.chain) found.add('has another chain than the manifest says of the last', { n: last.n })
  const changed = changedBlocks[0]
  if (block !== blocks.length || changed !== undefined) {
    const place = changed === undefined ? '' : `: the first change is in records ${changed.from} to ${changed.to}`
    found.add(
      `${RECORDS} is not the file that the manifest was written for${place}`,
      found.result().first === undefined && changed ? { n: changed.from } : {},
    )
  }
  against.end(found, last, head)
  return { ...found.result(), records, last, head, log: manifest.log, notes }
}

const placeOf = ({ n, stream, revision }) =>
  [n === undefined ? '' : `record ${n}`, stream === undefined ? '' : `event ${revision} of ${stream}`].filter(Boolean).join(', ')

const main = async (argv) => {
  const since = []
  const trusted = []
  const folders = []
  let json = false
  for (let at = 0; at < argv.length; at += 1) {
    const word = argv[at]
    if (word === '--json') json = true
    else if ((word === '--since' || word === '--key') && at + 1 < argv.length) (word === '--since' ? since : trusted).push(argv[(at += 1)])
    else if (word.startsWith('-')) throw new Error('usage: node verify.mjs [FOLDER] [--since FILE|FOLDER]... [--key KID]... [--json]')
    else folders.push(word)
  }
  const verdict = await verifyPackage(folders[0] ?? dirname(fileURLToPath(import.meta.url)), { since, trusted })
  const { first, wrong, records, notes, log } = verdict
  if (json) console.log(JSON.stringify(verdict, undefined, 2))
  else if (first === undefined)
    console.log([`${records} records of ${log} hold: none was changed, dropped, added or moved.`, ...notes].join('\n'))
  else console.error(`wrong: ${placeOf(first)} ${first.problem}; ${wrong} wrong in all, ${records} records read`)
  return first === undefined ? 0 : 1
}

if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url))
  main(process.argv.slice(2)).then(
    (code) => (process.exitCode = code),
    (error) => {
      console.error(error.message)
      process.exitCode = 2
    },
  )
