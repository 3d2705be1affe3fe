// How many bytes a stream packed by LZW comes to, without unpacking it: a few hundred thousand can hold a thousand million.

const [clear, end, first] = [256, 257, 258]

/** The length of what LZW packed (ISO 32000-2, 7.4.4), up to the first code that makes no sense. `early`: its EarlyChange. */
export function lzwLength(data: Uint8Array, early: number): number {
  const lengths = new Uint16Array(4096).fill(1, 0, clear)
  let [next, width, before, total] = [first, 9, 0, 0]
  let [held, bits] = [0, 0]
  for (const byte of data) {
    held = ((held << 8) | byte) & 0xff_ffff
    bits += 8
    if (bits < width) continue
    bits -= width
    const code = (held >> bits) & ((1 << width) - 1)
    if (code === end) break
    if (code === clear) {
      ;[next, width, before] = [first, 9, 0]
      continue
    }
    if (code > next || (code === next && before === 0)) break
    const length = code < next ? lengths[code]! : before + 1
    total += length
    if (before > 0 && next < 4096) lengths[next++] = before + 1
    before = length
    width = Math.min(12, Math.floor(Math.log2(next + early)) + 1)
  }
  return total
}
