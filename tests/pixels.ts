import { execFileSync } from 'node:child_process'

export interface Pixels {
  width: number
  height: number
  /** Three bytes each: red, green, blue. */
  points: Buffer
}

/** A page of a PDF as poppler shows it; one dot a point unless told. */
export function pixels(pdf: Uint8Array, { dpi = 72, page = 1 } = {}): Pixels {
  const ppm = execFileSync('pdftoppm', ['-r', String(dpi), '-singlefile', '-f', String(page), '-'], {
    input: pdf,
    maxBuffer: 1 << 26,
  })
  const [head, width, height] = /^P6\n(\d+) (\d+)\n255\n/.exec(ppm.subarray(0, 40).toString('latin1'))!
  return { width: Number(width), height: Number(height), points: ppm.subarray(head.length) }
}
