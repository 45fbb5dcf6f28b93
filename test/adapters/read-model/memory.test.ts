import { memoryReadModel } from '../../../adapters/read-model/memory/memory-read-model.ts'
import { readModelContract } from '../../contracts/read-model.ts'

readModelContract('memory', () => ({ model: memoryReadModel(), end: () => undefined }))
