import { zipEntries } from './exhibit-kind.ts'

const names = /\.(exe|com|scr|pif|bat|cmd|ps1|vbs|vbe|js|jse|wsf|hta|msi|jar|lnk|reg|dll|app|sh|docm|xlsm|pptm|dotm)$/i

/** True for a file that a computer could run, alone or inside an archive. */
export function isProgram({ name, bytes }: { name: string; bytes: Uint8Array }): boolean {
  const head = Buffer.from(bytes.subarray(0, 4)).toString('latin1')
  if (/^(MZ|\x7fELF|#!)/.test(head) || names.test(name)) return true
  return (
    head.startsWith('PK') && zipEntries(bytes).some((entry) => names.test(entry.name) || /vbaProject/i.test(entry.name))
  )
}
