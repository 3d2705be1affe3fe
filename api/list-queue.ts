/** What is asked of the connection of lists, which answers in the order in which it was asked. */
export interface ListQueue {
  /** Counts a list from when it is asked to its answer. */
  follow<T>(asked: PromiseLike<T>): Promise<T>
  /** Whether a list that is slow, or that waits for a lock, holds up those behind it: another then goes by the pool. */
  stands(): boolean
}

/** In milliseconds without an answer: many times what fifty cases among a million take. */
const patience = 250

export function listQueue(): ListQueue {
  let waiting = 0
  let movedAt = 0
  return {
    async follow(asked) {
      if (waiting === 0) movedAt = performance.now()
      waiting++
      try {
        return await asked
      } finally {
        waiting--
        movedAt = performance.now()
      }
    },
    stands: () => waiting > 0 && performance.now() - movedAt > patience,
  }
}
