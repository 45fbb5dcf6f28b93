import { memoryVault } from '../../../adapters/vault/memory/memory-vault.ts'
import { vaultContract } from '../../contracts/vault.ts'

vaultContract('memory', (clock) => ({ vault: memoryVault({ clock }), end: () => undefined }))
