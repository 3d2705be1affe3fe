import { existsSync } from 'node:fs'

const triplets: Partial<Record<NodeJS.Architecture, string>> = { x64: 'x86_64-linux-gnu', arm64: 'aarch64-linux-gnu' }

/** jemalloc as Debian, Fedora, Alpine or Arch install it; undefined where it is not. */
export function jemalloc(): string | undefined {
  if (process.platform !== 'linux') return undefined
  return [`/usr/lib/${triplets[process.arch]}`, '/usr/lib64', '/usr/lib']
    .map((folder) => `${folder}/libjemalloc.so.2`)
    .find((path) => existsSync(path))
}

/**
 * The environment of a process that compiles. Typst asks for memory a hundred thousand times a letter: under jemalloc that takes a
 * sixth less time than under the C library's own allocator. The bytes of a document are the same.
 */
export function allocatorSettings(): Record<string, string> {
  const library = jemalloc()
  return library
    ? { LD_PRELOAD: library, MALLOC_CONF: 'narenas:1,dirty_decay_ms:500,muzzy_decay_ms:0' }
    : // glibc gives back to the system what the cache let go, instead of keeping ever more of it.
      { MALLOC_TRIM_THRESHOLD_: '1000000' }
}
