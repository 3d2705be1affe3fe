/** A pure function of a text that keeps its last answers, `most` at a time; whoever is given one only reads it. */
export function remembered<T>(work: (text: string) => T, most: number): (text: string) => T {
  const known = new Map<string, T>()
  return (text) => {
    let answer = known.get(text)
    if (answer === undefined) {
      if (known.size >= most) known.clear()
      known.set(text, (answer = work(text)))
    }
    return answer
  }
}
