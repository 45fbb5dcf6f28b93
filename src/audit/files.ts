import type { Digest } from '../../domain/ports.ts'

/** What exports and checks need of a file system, so that they can be run without one (rule 41). */
export type Files = {
  readonly makeFolder: (path: string) => Promise<void>
  /** Makes a file for its owner alone, never replaces one; everything is on disk when it resolves. */
  readonly write: (path: string, chunks: AsyncIterable<string>) => Promise<Written>
  /** The whole of a small file, at most 16 MiB. */
  readonly text: (path: string) => Promise<string>
  /** Lines without their ends, each at most 2 MiB, and at the end the digest of all bytes. */
  readonly lines: (path: string, line: (text: string) => void) => Promise<Written>
  /** The same for whoever has to wait between two lines. */
  readonly pull: (path: string) => AsyncGenerator<string, Written>
}

export type Written = { readonly bytes: number; /** SHA-256 of the file, base64url. */ readonly sha256: Digest }
