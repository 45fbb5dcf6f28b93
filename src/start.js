#!/usr/bin/env node
import { enableCompileCache } from 'node:module'
import { join } from 'node:path'

// Sources are kept compiled beside the packages, which saves a third of the start and a quarter of the memory. It is JavaScript
// because the first TypeScript file loads the compiler. Not in the system's folder for temporary files, where somebody else could
// put code of theirs. Where it cannot be written, nothing is kept.
const folder = join(import.meta.dirname, '..', 'node_modules', '.cache', 'esignet')
enableCompileCache(folder)
// For the threads that this process starts.
process.env['NODE_COMPILE_CACHE'] = folder

await import('./cli.ts')
