#!/usr/bin/env node
import { once } from 'node:events'
import { userInfo } from 'node:os'
import { systemFiles } from './cli/files.ts'
import { main } from './cli/main.ts'
import type { Terminal } from './cli/context.ts'
import { readArgs, UsageError } from './cli/verb.ts'
import { serveVerb } from './cli/serve.ts'
import { systemRuntime } from './compose.ts'
import type { Settings } from './config.ts'
import { PROGRAM_VERSION } from './program.ts'
import { composed, settingsFrom } from './machine.ts'
import { Fault } from '../domain/ports.ts'

const INPUT_BYTES_MAX = 1024 * 1024
const COLUMNS_DEFAULT = 80

const [, , ...argv] = process.argv
const serves = argv[0] === 'serve'
/** Ends when it is told to, and not before. */
const lasts = serves || (argv[0] === 'tx' && argv[1] === 'tail')

/** The reader of a pipe may have seen enough: that is the end, and no error. */
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
    process.exit()
  })
}

/** The whole standard input. */
const input = async (): Promise<string> => {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of process.stdin as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > INPUT_BYTES_MAX) throw new Fault('invalid', `the standard input has more than ${String(INPUT_BYTES_MAX)} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

const terminal: Terminal = {
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
  drained: async () => {
    if (process.stdout.writableNeedDrain) await once(process.stdout, 'drain')
  },
  columns: process.stdout.isTTY ? process.stdout.columns : COLUMNS_DEFAULT,
  watched: process.stderr.isTTY,
  input,
}

/** A command says what it has to say itself; the broker logs as its settings say, the demonstration only what went wrong. */
const logLevel = (): Settings['logLevel'] => {
  if (!serves) return 'off'
  try {
    const args = readArgs(serveVerb, argv.slice(1))
    if (args === 'help') return 'off'
    const demo = args.flag('demo')
    return settingsFrom(args.opening, process.env, demo ? 'demo' : 'production', process.cwd()).logLevel ?? (demo ? 'warn' : 'info')
  } catch (error) {
    // It is said when the command itself comes to it.
    if (error instanceof Fault || error instanceof UsageError) return 'off'
    throw error
  }
}

const stopping = new AbortController()
if (lasts) {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      // Who asks twice does not want to wait for requests under way.
      if (stopping.signal.aborted) process.exit(0)
      stopping.abort()
    })
  }
}

/** The account's name as an actor may be named; some machines have none. */
const accountName = (): string => {
  try {
    return (
      userInfo()
        .username.replace(/[^A-Za-z0-9._@-]/g, '_')
        .replace(/^[^A-Za-z0-9]+/, '')
        .slice(0, 64) || 'unknown'
    )
  } catch {
    return 'unknown'
  }
}

const runtime = systemRuntime({ logLevel: logLevel() ?? 'off' }, terminal.err)
const print = (line: string): void => terminal.out(`${line}\n`)
const house = composed(runtime, process.env, process.cwd(), print)
const machine = {
  ...runtime,
  ...house,
  version: PROGRAM_VERSION,
  account: accountName(),
  terminal,
  files: systemFiles,
  stopping: stopping.signal,
}

try {
  process.exitCode = await main(machine, argv)
} catch (error) {
  terminal.err(`esignet met a bug of its own: ${error instanceof Error ? (error.stack ?? error.message) : 'unknown'}\n`)
  process.exitCode = 3
}
