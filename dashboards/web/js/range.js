// The stretch of time that the page shows: one for all its panels, written in the URL, with a way
// back from every zoom. Two spellings: `from`/`to`, and Explore's `g0.range_input`/`g0.end_input`,
// which are Prometheus' so that links of both open in both.

import { setQuery, query } from './route.js';
import { resolve, understand, moment, lengthMillis, lengthText } from './span.js';

const widestMillis = 5 * 365 * 864e5; // the archive keeps two years; more is a slip of the mouse
const narrowestMillis = 10e3;         // below that the scrape interval leaves nothing to see

let shown = { from: 'now-1h', to: 'now' };
let spelling = 'plain';
let steps = [];
const watchers = new Set();

export const get = () => shown;
export const ends = () => resolve(shown);
export const isLive = () => shown.to === 'now';

export function watch(watcher) {
  watchers.add(watcher);
  return () => watchers.delete(watcher);
}

/** Reads the URL when a page opens; without a range there, `otherwise` holds. */
export function open(style, otherwise) {
  spelling = style;
  steps = [];
  shown = read() || otherwise || shown;
}

/** Reads the URL again after Back or Forward. */
export function reread() {
  const found = read();
  if (found && (found.from !== shown.from || found.to !== shown.to)) {
    shown = found;
    for (const watcher of watchers) watcher();
  }
}

function read() {
  const search = query();
  if (spelling === 'g0') {
    const length = lengthMillis(search.get('g0.range_input') || '');
    if (!length) return null;
    const end = search.get('g0.end_input');
    const to = end ? moment(end.trim() + (/z$/i.test(end) ? '' : 'Z'), Date.now()) : 'now';
    return typeof to === 'number' ? { from: to - length, to } : { from: 'now-' + lengthText(length), to: 'now' };
  }
  if (!search.has('from')) return null;
  return understand(`${search.get('from')} to ${search.get('to') || 'now'}`);
}

function write(push) {
  const [from, to] = ends();
  if (spelling === 'g0') {
    const end = isLive() ? null : new Date(to).toISOString().slice(0, 19).replace('T', ' ');
    setQuery({ 'g0.range_input': lengthText(Math.round((to - from) / 1000) * 1000), 'g0.end_input': end }, push);
  } else {
    setQuery({ from: shown.from, to: shown.to }, push);
  }
}

/** Shows another range. `push` makes it a step of the Back button. */
export function set(next, push = true) {
  if (next.from === shown.from && next.to === shown.to) return;
  const [from, to] = resolve(next);
  const length = to - from;
  if (!(length > 0) || length > widestMillis) return;
  if (length < narrowestMillis) {
    const middle = (from + to) / 2;
    next = { from: Math.round(middle - narrowestMillis / 2), to: Math.round(middle + narrowestMillis / 2) };
  }
  steps.push(shown);
  if (steps.length > 50) steps.shift();
  shown = next;
  write(push);
  for (const watcher of watchers) watcher();
}

/** Back to what was shown before the last zoom; without one, twice as wide. */
export function back() {
  const before = steps.pop();
  if (!before) return widen();
  shown = before;
  write(true);
  for (const watcher of watchers) watcher();
}

export function widen() {
  const [from, to] = ends();
  const length = to - from;
  if (isLive()) set({ from: 'now-' + lengthText(Math.round(length / 500) * 1000), to: 'now' });
  else set({ from: Math.round(from - length / 2), to: Math.min(Math.round(to + length / 2), Date.now()) });
}

/** Moves by half a width: -1 to the past, 1 to the future, where `now` is the wall. */
export function shift(direction) {
  const [from, to] = ends();
  const move = ((to - from) / 2) * direction;
  const now = Date.now();
  if (to + move >= now - 1000) set({ from: 'now-' + lengthText(Math.round((to - from) / 1000) * 1000), to: 'now' });
  else set({ from: Math.round(from + move), to: Math.round(to + move) });
}

/** Fixes the ends, so that a copied link shows the same tomorrow. */
export function pin() {
  const [from, to] = ends();
  set({ from: Math.round(from), to: Math.round(to) }, false);
}

/** The step for a panel that is so many pixels wide, on a grid that stays put while time moves. */
export function grid(pixels, stepAtLeast = 15) {
  const [from, to] = ends();
  const wished = (to - from) / 1000 / Math.min(Math.max(pixels, 100), 1500);
  const nice = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 43200, 86400, 604800];
  const step = nice.find(one => one >= wished && one >= stepAtLeast) || Math.ceil(wished / 86400) * 86400;
  const start = Math.floor(from / 1000 / step) * step;
  const end = (isLive() ? Math.floor : Math.ceil)(to / 1000 / step) * step; // what has not happened has no sample
  return { start, end: Math.max(end, start), step };
}
