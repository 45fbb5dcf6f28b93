import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { execPath } from 'node:process'
import { fileURLToPath } from 'node:url'
import { Fault } from '../../domain/ports.ts'

const PROGRAM = fileURLToPath(new URL('../../ops/demo/sbi-device/main.ts', import.meta.url))

export type Readers = {
  /** What it said when it was ready. */
  readonly line: string
  readonly close: () => Promise<void>
}

/** The simulated biometric readers as a process of their own, which ends with this one. */
export const startReaders = async (data: string, ports: string): Promise<Readers> => {
  // Its input is a pipe: when this process is gone, however it went, the pipe ends and so does the program.
  const child = spawn(execPath, [PROGRAM, '--data', data, '--ports', ports, '--attached'], { stdio: ['pipe', 'pipe', 'inherit'] })
  const gone = once(child, 'exit')
  const said = await Promise.race([once(child.stdout, 'data'), gone.then(() => undefined)])
  if (said === undefined)
    throw new Fault('unavailable', 'the simulated biometric readers did not start (see ops/demo/sbi-device/README.md)')
  return {
    line: String(said[0]).trim(),
    close: async () => {
      child.kill('SIGTERM')
      await gone
    },
  }
}
