// A word at the bottom of the page that goes by itself; screen readers are told politely.

import { h } from './dom.js';

let shown = null;
export function toast(text) {
  shown?.remove();
  shown = h('div.toast', { role: 'status' }, text);
  document.body.append(shown);
  const own = shown;
  setTimeout(() => own.remove(), 2600);
}
