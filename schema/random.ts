import { createHash, randomBytes } from 'node:crypto'

/** Everything random comes from one of these, handed in at the edge like the clock. */
export interface Random {
  bytes(length: number): Uint8Array
}

export const systemRandom: Random = { bytes: (length) => new Uint8Array(randomBytes(length)) }

/** The same seed gives the same bytes: for the demo and for tests, never for `serve`. */
export function seededRandom(seed: string): Random {
  let counter = 0
  return {
    bytes(length) {
      const out = new Uint8Array(length)
      for (let offset = 0; offset < length; counter++) {
        const block = createHash('sha256')
          .update(`${seed}:${counter}`)
          .digest()
          .subarray(0, length - offset)
        out.set(block, offset)
        offset += block.length
      }
      return out
    },
  }
}

/** A version 4 UUID. */
export function newId(random: Random): string {
  const b = random.bytes(16)
  b[6] = (b[6]! & 0x0f) | 0x40
  b[8] = (b[8]! & 0x3f) | 0x80
  const hex = Buffer.from(b).toString('hex')
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')
}

/** The secret of an address that opens something: 256 bits of chance, shown once, kept by its hash alone. */
export const newToken = (random: Random): string => Buffer.from(random.bytes(32)).toString('base64url')
export const tokenHash = (token: string): string => createHash('sha256').update(token).digest('hex')

// Crockford's letters and digits: none that a debtor copying a code by hand could take for another.
const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'

/** A code for paper, in groups of four: « 7K3M-Q2XZ-9T4C ». 5 bits of entropy a character. */
export function newCode(random: Random, groups = 3): string {
  const letters = [...random.bytes(groups * 4)].map((byte) => alphabet[byte & 31]!)
  return Array.from({ length: groups }, (_, i) => letters.slice(i * 4, i * 4 + 4).join('')).join('-')
}
