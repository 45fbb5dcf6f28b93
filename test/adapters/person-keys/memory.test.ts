import { memoryPersonKeys } from '../../../adapters/person-keys/memory/memory-person-keys.ts'
import { personKeysContract } from '../../contracts/person-keys.ts'

personKeysContract('memory', (clock, chance) => ({ keys: memoryPersonKeys({ clock, chance }), end: () => undefined }))
