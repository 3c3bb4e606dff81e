// Checked by tsc, never run: what `leakguard/heapdump` must allow, and what it must refuse.

import heapdump = require('leakguard/heapdump');

import { writeSnapshot } from 'leakguard/heapdump';

const written: boolean = writeSnapshot();
writeSnapshot('a.heapsnapshot');
writeSnapshot('a.heapsnapshot', null);
writeSnapshot((error, filename) => {
  const message: string | undefined = error?.message;
  const name: string | undefined = filename;
  return [message, name];
});
heapdump.writeSnapshot('a.heapsnapshot', (error: Error | null, filename?: string) => {
  if (error) throw error;
  return filename;
});
writeSnapshot(undefined, () => {});

// @ts-expect-error a boolean, not a name
const name: string = writeSnapshot();
// @ts-expect-error not a function
writeSnapshot('a.heapsnapshot', 5);
// @ts-expect-error there is nothing else
heapdump.takeSnapshot();

export { name, written };
