const MIB = 1024 * 1024;

/** @type {Buffer[]} */
let held = [];

/**
 * Holds this much memory, really used: untouched pages would not count.
 * @param {number} mib
 */
export function hold(mib) {
  held = [];
  for (let i = 0; i < mib; i++) held.push(Buffer.alloc(MIB, 1));
}
