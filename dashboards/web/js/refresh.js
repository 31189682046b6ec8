// When the page asks again. Three states as in a player: playing, paused for a while (hidden tab,
// hand on a chart), off. A hidden tab asks for nothing; on return it asks at once.

import { kept, keep } from './keep.js';

export const choices = [0, 5, 15, 60]; // seconds; 15 is the scrape interval of the default config
let seconds = Number(kept('refresh', '15'));
if (!choices.includes(seconds)) seconds = 15;
let work = null;
let lastAt = 0;
let held = false;
let live = () => true;
const watchers = new Set();

export const interval = () => seconds;
export const watch = watcher => watchers.add(watcher);

/** `playing`, `held` (hand on a chart), `hidden`, `fixed` (an absolute range), or `off`. */
export function state() {
  if (!seconds || !work) return 'off';
  if (document.hidden) return 'hidden';
  if (!live()) return 'fixed';
  return held ? 'held' : 'playing';
}

const tell = () => { for (const watcher of watchers) watcher(state(), remaining()); };
export const remaining = () => Math.max(0, Math.ceil(seconds - (Date.now() - lastAt) / 1000));

/** Gives the page's own work, and whether its range still moves. */
export function serve(newWork, isLive = () => true) {
  work = newWork;
  live = isLive;
  held = false;
  lastAt = Date.now();
  tell();
}

export function choose(next) {
  seconds = next;
  keep('refresh', String(next));
  lastAt = Date.now();
  tell();
}

/** Asks now, whatever the state. */
export function now() {
  lastAt = Date.now();
  work?.();
  tell();
}

/** A hand on a chart stops the refresh until it leaves. */
export function hold(on) {
  held = on;
  tell();
}

setInterval(() => {
  if (state() === 'playing' && Date.now() - lastAt >= seconds * 1000) now();
  else tell();
}, 1000);
document.addEventListener('visibilitychange', () => {
  if (!document.hidden && state() === 'playing' && Date.now() - lastAt >= seconds * 1000) now();
});
