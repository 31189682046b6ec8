// The keyboard: Grafana's letters, so that hands already know them. A sequence such as `g h` waits a
// second for its second key. Keys never act while somebody types, but for Escape.

import { h } from './dom.js';
import { t } from './lang.js';
import * as range from './range.js';
import * as refresh from './refresh.js';
import { go } from './route.js';
import { copy } from './parts.js';
import { toast } from './toast.js';

export const places = [
  ['h', '/', 'home'], ['c', '/decisions', 'decisions'], ['v', '/delivery', 'delivery'], ['m', '/models', 'models'],
  ['s', '/rehearsals', 'rehearsals'], ['a', '/alerts', 'alerts'], ['l', '/logs', 'logs'], ['e', '/explore', 'explore'],
  ['d', '/dashboards', 'dashboards'], ['o', '/host', 'host'], ['n', '/anomalies', 'anomalies'], ['y', '/system', 'system'],
];

const sequences = {
  't z': () => range.widen(), 't b': () => range.back(),
  't ArrowLeft': () => range.shift(-1), 't ArrowRight': () => range.shift(1),
  'd k': () => { document.documentElement.toggleAttribute('data-kiosk'); dispatchEvent(new Event('resize')); },
};
for (const [letter, href] of places) sequences['g ' + letter] = () => go(href);

const single = {
  '?': () => sheet(), r: () => refresh.now(),
  '/': () => document.querySelector('[data-search]')?.focus(),
  y: async () => {
    range.pin();
    toast((await copy(location.href)) ? t('keys.link_copied') : t('copy.failed'));
  },
};

/** What the sheet and the help page list: keys and the word for them. */
export const groups = [
  ['keys.go', places.map(([letter, , name]) => [['g', letter], 'nav.' + name])],
  ['keys.time', [[['t', '←'], 'range.earlier'], [['t', '→'], 'range.later'], [['t', 'z'], 'range.widen'], [['t', 'b'], 'keys.zoom_back'], [['r'], 'refresh.now'], [['y'], 'keys.copy_link']]],
  ['keys.page', [[['/'], 'keys.search'], [['T'], 'panel.table'], [['d', 'k'], 'keys.kiosk'], [['Ctrl', '↑'], 'keys.history'], [['Esc'], 'keys.close'], [['?'], 'keys.sheet']]],
];

export const keyList = () => groups.map(([title, lines]) => h('section', h('h3', t(title)),
  h('dl.keys', lines.map(([keys, word]) => [h('dt', keys.map(key => h('kbd', key))), h('dd', t(word))]))));

export function sheet() {
  document.querySelector('dialog.sheet')?.remove();
  const dialog = h('dialog.sheet', { 'aria-label': t('keys.title'), onclose: () => dialog.remove(), onclick: event => { if (event.target === dialog) dialog.close(); } },
    h('div.sheet-body', h('header', h('h2', t('keys.title')), h('button.quiet', { type: 'button', onclick: () => dialog.close() }, t('keys.close'))), h('div.sheet-columns', keyList())));
  document.body.append(dialog);
  dialog.showModal();
}

let prefix = '';
let prefixAt = 0;

function typing(target) {
  return target.isContentEditable || /^(TEXTAREA|SELECT)$/.test(target.tagName)
    || (target.tagName === 'INPUT' && !/^(checkbox|radio|button)$/.test(target.type));
}

export function listen() {
  addEventListener('keydown', event => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (typing(event.target)) {
      if (event.key === 'Escape') event.target.blur();
      return;
    }
    if (document.querySelector('dialog[open]')) return;
    if (event.key === 'Escape') document.documentElement.removeAttribute('data-kiosk');
    const waited = Date.now() - prefixAt < 1000 ? prefix : '';
    const action = waited ? sequences[`${waited} ${event.key}`] : single[event.key];
    prefix = '';
    if (action) {
      event.preventDefault();
      action();
    } else if (!waited && 'gtd'.includes(event.key)) {
      prefix = event.key;
      prefixAt = Date.now();
    }
  });
}
