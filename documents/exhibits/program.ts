import { zipEntries } from '../unzip.ts'

const programs = /\.(exe|com|scr|pif|bat|cmd|ps1|vbs|vbe|js|jse|wsf|hta|msi|jar|lnk|reg|dll|app|sh)$/i
const macros = /\.(docm|xlsm|pptm|dotm)$/i

interface File {
  name: string
  bytes: Uint8Array
}

/** True for a file that a computer could run by itself, alone or inside an archive. */
export const isExecutable = (file: File): boolean => looksLike(file, (name) => programs.test(name))

/** The same, and for a document that brings macros. */
export const isProgram = (file: File): boolean =>
  looksLike(file, (name) => programs.test(name) || macros.test(name) || /vbaProject/i.test(name))

function looksLike({ name, bytes }: File, isNamed: (name: string) => boolean): boolean {
  const head = Buffer.from(bytes.subarray(0, 4)).toString('latin1')
  if (/^(MZ|\x7fELF|\xca\xfe\xba\xbe|\xcf\xfa\xed\xfe|#!)/.test(head) || isNamed(name)) return true
  return head.startsWith('PK') && zipEntries(bytes).some((entry) => isNamed(entry.name))
}
