// Series colours. A series takes its colour from a hash of its labels, so that a service keeps its
// colour on every panel; within one panel a collision moves on to the next free colour. The ninth
// series repeats colours with a dash, because colour alone must never tell two lines apart.

const paletteCount = 8; // --c0 … --c7 in css/base.css
const dashes = [null, [6, 3], [2, 3], [8, 3, 2, 3]];

/** FNV-1a, 32 bits: small, spreads short label texts well. */
function hash(text) {
  let value = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193);
  return value >>> 0;
}

export function css(name) {
  return getComputedStyle(document.documentElement).getPropertyValue('--' + name).trim();
}

/** Colour slot and dash for each identity text, in the given order. */
export function assign(identities) {
  const taken = [];
  return identities.map((identity, order) => {
    const round = Math.floor(order / paletteCount);
    if (order % paletteCount === 0) taken.length = 0;
    let slot = hash(identity) % paletteCount;
    while (taken.includes(slot)) slot = (slot + 1) % paletteCount;
    taken.push(slot);
    return { slot, dash: dashes[round % dashes.length] };
  });
}

/** Which token a severity or a level is drawn in. */
export const levelToken = level => ({
  fatal: 'bad', error: 'bad', warn: 'warn', info: 'c0', debug: 'mute', trace: 'mute',
})[level] || 'axis';
