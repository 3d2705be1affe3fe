import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

const require = createRequire(import.meta.url)

// Static TrueType files under the OFL: the only fonts a letter sees, so that every machine prints the same letter.
const families = {
  'source-serif-4': ['400Regular', '400Regular_Italic', '600SemiBold', '700Bold', '700Bold_Italic'],
  'source-sans-3': ['400Regular', '400Regular_Italic', '600SemiBold', '700Bold'],
}
const prefix = { 'source-serif-4': 'SourceSerif4', 'source-sans-3': 'SourceSans3' }

/** The bytes of every font file, in an order that does not change. */
export function fontBlobs(): Buffer[] {
  return Object.entries(families).flatMap(([family, styles]) =>
    styles.map((style) => fontBytes(family as keyof typeof families, style)),
  )
}

export function fontBytes(family: keyof typeof families, style: string): Buffer {
  const folder = dirname(require.resolve(`@expo-google-fonts/${family}/package.json`))
  return readFileSync(join(folder, style, `${prefix[family]}_${style}.ttf`))
}

let covered: Set<number> | undefined

/** Code points that both families can print. */
export function coverage(): Set<number> {
  covered ??= codePoints(fontBytes('source-serif-4', '400Regular')).intersection(
    codePoints(fontBytes('source-sans-3', '400Regular')),
  )
  return covered
}

// OpenType `cmap`: formats 4 (16-bit) and 12 (32-bit) are the ones these files carry.
function codePoints(ttf: Buffer): Set<number> {
  const tables = Array.from({ length: ttf.readUInt16BE(4) }, (_, i) => 12 + i * 16)
  const cmap = ttf.readUInt32BE(tables.find((at) => ttf.toString('latin1', at, at + 4) === 'cmap')! + 8)
  const points = new Set<number>()
  for (let i = 0; i < ttf.readUInt16BE(cmap + 2); i++) {
    const at = cmap + ttf.readUInt32BE(cmap + 4 + i * 8 + 4)
    const format = ttf.readUInt16BE(at)
    if (format === 12) {
      for (let g = 0; g < ttf.readUInt32BE(at + 12); g++) {
        addRange(points, ttf.readUInt32BE(at + 16 + g * 12), ttf.readUInt32BE(at + 20 + g * 12))
      }
    } else if (format === 4) {
      const segments = ttf.readUInt16BE(at + 6) / 2
      for (let s = 0; s < segments; s++) {
        const end = ttf.readUInt16BE(at + 14 + s * 2)
        const start = ttf.readUInt16BE(at + 16 + segments * 2 + s * 2)
        if (start !== 0xffff) addRange(points, start, end)
      }
    }
  }
  return points
}

function addRange(points: Set<number>, from: number, to: number): void {
  for (let point = from; point <= to; point++) points.add(point)
}
