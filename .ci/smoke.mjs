/**
 * The README's second command, as a newcomer runs it, on free ports and a folder of its own: it becomes ready, serves and stops.
 * Then the time from process start to ready: the best of a few tries, because a machine for checks is shared.
 */
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const READY_MS_MAX = 2_000
const START_MS_MAX = 20_000
const STOP_MS_MAX = 10_000
const POLL_MS = 20
const TRIES_MAX = 5

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms))

const freePort = () =>
  new Promise((resolve, reject) => {
    const server = createServer().once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address()
      server.close(() => resolve(port))
    })
  })

const isReady = async (url) => {
  try {
    return (await fetch(url, { signal: AbortSignal.timeout(1_000) })).ok
  } catch {
    return false
  }
}

const within = (ms, promise) => Promise.race([promise, sleep(ms).then(() => 'late')])

const stop = async (child, ended) => {
  process.kill(-child.pid, 'SIGTERM')
  if ((await within(STOP_MS_MAX, ended)) !== 'late') return
  process.kill(-child.pid, 'SIGKILL')
  throw new Error(`it did not stop within ${STOP_MS_MAX} ms`)
}

/** Starts the demo by a command and answers after how many milliseconds it served its metadata. */
const timeToReady = async (command, parameters) => {
  const data = mkdtempSync(join(tmpdir(), 'smoke-'))
  const port = await freePort()
  const settings = { ESIGNET_PORT: String(port), ESIGNET_DEMO_PORT: String(await freePort()), ESIGNET_DATA: data }
  const began = performance.now()
  // A process group of its own, so that the broker below npm and its shell stops with it.
  const child = spawn(command, parameters, { env: { ...process.env, ...settings }, detached: true, stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk))
  const ended = new Promise((resolve) => child.once('exit', resolve))
  let isOver = false
  void ended.then(() => (isOver = true))
  try {
    while (!(await isReady(`http://localhost:${port}/.well-known/openid-configuration`))) {
      if (isOver || performance.now() - began > START_MS_MAX)
        throw new Error(`${command} ${parameters.join(' ')} did not become ready:\n${output}`)
      await sleep(POLL_MS)
    }
    return performance.now() - began
  } finally {
    if (!isOver) await stop(child, ended)
    rmSync(data, { recursive: true, force: true })
  }
}

console.log(`npm start: ready after ${Math.round(await timeToReady('npm', ['start']))} ms, npm included`)

let best = Infinity
for (let tries = 0; tries < TRIES_MAX && best > READY_MS_MAX; tries++) {
  best = Math.min(best, await timeToReady(process.execPath, ['src/cli.ts', 'serve', '--demo']))
}
console.log(`ready after ${Math.round(best)} ms from process start (at most ${READY_MS_MAX} ms)`)
if (best > READY_MS_MAX) process.exitCode = 1
