/** A value that is there already, or that a promise brings. */
export type Soon<T> = T | Promise<T>

/** Goes on with a value; at once where it is there, since a promise for each field of a list costs more than its rows. */
export function whenThere<T, U>(value: Soon<T>, use: (value: T) => Soon<U>): Soon<U> {
  return value instanceof Promise ? value.then(use) : use(value)
}

/** All of them, as `Promise.all` gives them; at once where all are there. */
export function together<const T extends readonly unknown[]>(values: T): Soon<All<T>> {
  return values.some((value) => value instanceof Promise)
    ? (Promise.all(values) as Promise<All<T>>)
    : (values as All<T>)
}
type All<T extends readonly unknown[]> = { -readonly [K in keyof T]: Awaited<T[K]> }
