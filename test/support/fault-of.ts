import { Fault, type FaultCode } from '../../domain/ports.ts'

/** How a call failed: the code of its Fault. Any other error is thrown on, and `none` means that it succeeded. */
export const faultOf = async (act: () => unknown): Promise<FaultCode | 'none'> => {
  try {
    await act()
    return 'none'
  } catch (error) {
    if (error instanceof Fault) return error.code
    throw error
  }
}
