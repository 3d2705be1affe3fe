import { readFileSync, writeFileSync } from 'node:fs'

// npm leaves out of the lock file the packages for other systems that the registry in use does not have, and `npm ci`
// then refuses the whole file, everywhere. Their name, version and system are known: that is all an entry needs.
interface Entry {
  version?: string
  dev?: boolean
  peer?: boolean
  optionalDependencies?: Record<string, string>
  [key: string]: unknown
}

interface Lock {
  packages: Record<string, Entry>
}

const cpus: Record<string, string> = { 'arm-eabi': 'arm', 'arm-gnueabihf': 'arm', 'arm-musleabihf': 'arm' }
const platform =
  /(android|darwin|freebsd|linux|openharmony|win32|windows)-(arm-eabi|arm-gnueabihf|arm-musleabihf|arm64|x64|ia32|ppc64|riscv64|s390x)(?:-(?:gnu|musl|msvc))?$/

for (const path of ['package-lock.json', 'scripts/bench/peers/package-lock.json']) {
  const file = new URL(`../${path}`, import.meta.url)
  const lock = JSON.parse(readFileSync(file, 'utf8')) as Lock
  const added = complete(lock)
  writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`)
  console.log(`${added} packages of other systems added to ${path}`)
}

function complete(lock: Lock): number {
  let added = 0
  for (const [path, { dev, peer, optionalDependencies = {} }] of Object.entries(lock.packages)) {
    for (const [name, version] of Object.entries(optionalDependencies)) {
      if (lock.packages[`node_modules/${name}`] || lock.packages[`${path}/node_modules/${name}`]) continue
      const [, named, cpu] = platform.exec(name) ?? []
      const os = named === 'windows' ? 'win32' : named
      if (!os || !cpu) throw new Error(`${name}: of what system? (npm install would know where the registry has it)`)
      const libc = os !== 'linux' ? [] : name.includes('musl') ? ['musl'] : name.includes('gnu') ? ['glibc'] : []
      lock.packages[`node_modules/${name}`] = {
        version,
        cpu: [cpus[cpu] ?? cpu],
        ...(dev ? { dev } : {}),
        ...(libc.length > 0 ? { libc } : {}),
        optional: true,
        os: [os],
        ...(peer ? { peer } : {}),
      }
      added++
    }
  }
  lock.packages = Object.fromEntries(Object.entries(lock.packages).sort(([a], [b]) => a.localeCompare(b, 'en')))
  return added
}
