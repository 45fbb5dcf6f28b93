/** A process of the bench that gets one order, says how far it is, and answers with what it measured. */

export type ChildMessage<Result> = { readonly measured?: Result; readonly failed?: string; readonly progress?: string }

type Act<Order, Result> = (order: Order, progress: (text: string) => void) => Promise<Result>

const send = <Result>(message: ChildMessage<Result>): Promise<void> =>
  new Promise((resolve) => {
    process.send?.(message, () => resolve())
  })

export const answerOne = <Order, Result>(act: Act<Order, Result>): void => {
  // Whoever gave the order is gone, and nobody waits for the answer.
  process.once('disconnect', () => process.exit(1))
  process.once('message', (order: Order) => {
    const told = act(order, (text) => void send({ progress: text })).then(
      (measured) => send({ measured }),
      (error: unknown) => send({ failed: error instanceof Error ? (error.stack ?? error.message) : 'unknown' }),
    )
    void told.then(() => process.exit(0))
  })
}
