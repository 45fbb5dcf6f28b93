import { memoryKeyStore } from '../../../adapters/keys/memory/memory-key-store.ts'
import { keyStoreContract } from '../../contracts/key-store.ts'

keyStoreContract('memory', (_, chance) => ({ keys: memoryKeyStore({ chance }), end: () => undefined }))
