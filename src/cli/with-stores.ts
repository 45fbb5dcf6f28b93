import type { Folder, Machine, Stores } from './context.ts'
import type { Args, ExitCode } from './verb.ts'

/** Opens the stores for as long as `act` takes. */
export const withStores = async (
  machine: Machine,
  { opening }: Args,
  folder: Folder,
  act: (stores: Stores) => Promise<ExitCode>,
): Promise<ExitCode> => {
  const stores = await machine.open(opening, folder)
  try {
    return await act(stores)
  } finally {
    await stores.close()
  }
}
