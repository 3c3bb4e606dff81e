/**
 * `leakguard/heapdump`: takes the place of the package heapdump.
 *
 * As there, requiring it has a snapshot `heapdump-….heapsnapshot` written into the working directory
 * on SIGUSR2, unless the environment says `NODE_HEAPDUMP_OPTIONS=nosignal`. What the signal asks for
 * is done by a forked child where that is possible, so the event loop goes on; a process that ends
 * before the child does leaves no file.
 *
 * What is better than in heapdump: a file is whole or not there, readable by its owner only (0600),
 * and never cut off with success reported; memory and disk are looked at before; the memory that V8
 * needs is a forked child's, not this process's.
 */

/**
 * Writes a heap snapshot before it returns: the event loop stands still for as long as V8 needs, 25
 * to 70 ms per MB of live heap. `takeSnapshot()` of `leakguard` does not hold it.
 *
 * Never throws for what goes wrong with the file.
 *
 * @param filename where to; anything but text means a name in the working directory
 * @param callback called before the function returns: with null and the file's name as it was given,
 *   or with an `Error` `heapdump write error …` that ends with the operating system's name for what
 *   went wrong, such as `ENOENT`, or a code of leakguard, such as `ERR_LEAKGUARD_REFUSED`. Its
 *   `cause` tells more.
 * @returns whether the snapshot was written
 */
export function writeSnapshot(
  filename?: string | null,
  callback?: ((error: Error | null, filename?: string) => void) | null,
): boolean;
/** The same under a name that is made up. */
export function writeSnapshot(callback: (error: Error | null, filename?: string) => void): boolean;
