// Words. Both languages are flat files of key and sentence; `{name}` is replaced by an argument.
// A key with `_one` beside it is used when `count` is 1. A missing key shows itself, so that it is
// seen and mended; PromQL and labels are never translated.

import { kept, keep } from './keep.js';

let words = {};
let tongue = 'en';

export const language = () => tongue;
export const locale = () => (tongue === 'zh' ? 'zh-CN' : 'en-GB');
export const chosen = () => kept('language');

/** The language to begin with: the choice, else the browser's. */
export function firstLanguage() {
  return chosen() || (/^zh\b/i.test(navigator.language) ? 'zh' : 'en');
}

export async function speak(wanted) {
  const name = wanted === 'zh' ? 'zh' : 'en';
  const answer = await fetch(`/lang/${name}.json`);
  words = await answer.json();
  tongue = name;
  document.documentElement.lang = locale();
}

export function choose(name) { keep('language', name); }

export const has = key => Object.hasOwn(words, key);

export function t(key, args = {}) {
  let template = words[key];
  if (String(args.count) === '1' && has(key + '_one')) template = words[key + '_one'];
  if (template === undefined) return key;
  return template.replace(/\{(\w+)\}/g, (whole, name) => (name in args ? args[name] : whole));
}

/** Words a phrase of the server. A key that this version does not know shows what it carries. */
export function phrase(said) {
  if (!said) return '';
  if (has(said.key)) return t(said.key, said.args || {});
  const carried = Object.entries(said.args || {}).map(([name, value]) => `${name} ${value}`);
  return [said.key.split('.').pop().replaceAll('_', ' '), ...carried].join(' · ');
}

/** An annotation in the page's language: `summary_zh` before `summary` on Chinese pages. */
export function annotation(annotations, name) {
  const given = annotations || {};
  return (tongue === 'zh' && given[name + '_zh']) || given[name] || '';
}
