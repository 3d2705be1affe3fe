/** One element of ASN.1 in DER: its tag, its content, all its bytes, and where it ends in what was read. */
export interface Der {
  tag: number
  content: Buffer
  whole: Buffer
  end: number
}

/** Reads the element at the start of `bytes`; RangeError when it is not whole. Lengths up to 2³² only. */
export function readDer(bytes: Buffer): Der {
  const tag = bytes.readUInt8(0)
  let start = 2
  let length = bytes.readUInt8(1)
  if (length > 0x84 || length === 0x80) throw new RangeError('unsupported length')
  if (length > 0x80) {
    const size = length - 0x80
    length = bytes.readUIntBE(2, size)
    start += size
  }
  const end = start + length
  if (end > bytes.length) throw new RangeError('element cut short')
  return { tag, content: bytes.subarray(start, end), whole: bytes.subarray(0, end), end }
}

/** Writes an element, its length in the shortest form as DER demands. */
export function writeDer(tag: number, ...parts: Buffer[]): Buffer {
  const content = Buffer.concat(parts)
  if (content.length < 0x80) return Buffer.concat([Buffer.of(tag, content.length), content])
  const digits = Buffer.from(content.length.toString(16).padStart(8, '0'), 'hex')
  const short = digits.subarray(digits.findIndex((byte) => byte !== 0))
  return Buffer.concat([Buffer.of(tag, 0x80 + short.length), short, content])
}

export function derChildren(node: Der): Der[] {
  const nodes: Der[] = []
  for (let rest = node.content; rest.length > 0; rest = rest.subarray(nodes.at(-1)!.end)) nodes.push(readDer(rest))
  return nodes
}

/** The element of that rank (from 0) inside another; RangeError when there is none. */
export function derChild(node: Der, rank: number): Der {
  const found = derChildren(node)[rank]
  if (!found) throw new RangeError('no such element')
  return found
}
