/** How a camera was held: clockwise degrees to turn the stored picture by; `mirrored` where a mirror would be needed too. */
export interface Orientation {
  degrees: 0 | 90 | 180 | 270
  mirrored: boolean
}

const turns: Record<number, Orientation> = {
  2: { degrees: 0, mirrored: true },
  3: { degrees: 180, mirrored: false },
  4: { degrees: 180, mirrored: true },
  5: { degrees: 90, mirrored: true },
  6: { degrees: 90, mirrored: false },
  7: { degrees: 270, mirrored: true },
  8: { degrees: 270, mirrored: false },
}

const upright: Orientation = { degrees: 0, mirrored: false }

/** What the number of the tag 0x0112 means, in Exif as in TIFF. */
export const turnOf = (tag: number): Orientation => turns[tag] ?? upright

/** Reads the Exif orientation of a JPEG (tag 0x0112); upright when there is none, or for other images. */
export function jpegOrientation(bytes: Uint8Array): Orientation {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  try {
    if (view.getUint16(0) !== 0xffd8) return upright
    let at = 2
    while (view.getUint8(at) === 0xff && view.getUint8(at + 1) !== 0xda) {
      const isExif = view.getUint8(at + 1) === 0xe1 && view.getUint32(at + 4) === 0x45786966
      if (isExif) return turnOf(exifValue(view, at + 10, 0x0112))
      at += 2 + view.getUint16(at + 2)
    }
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
  }
  return upright
}

function exifValue(view: DataView, tiff: number, tag: number): number {
  const little = view.getUint16(tiff) === 0x4949
  const table = tiff + view.getUint32(tiff + 4, little)
  for (let i = 0; i < view.getUint16(table, little); i++) {
    const entry = table + 2 + i * 12
    if (view.getUint16(entry, little) === tag) return view.getUint16(entry + 8, little)
  }
  return 0
}
