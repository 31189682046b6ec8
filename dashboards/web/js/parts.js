// Small parts that many pages share: a command to copy, an empty state, a notice, a labelled pill,
// a choice of one. Each is words first.

import { h, put } from './dom.js';
import { icon } from './icons.js';
import { t } from './lang.js';

export async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const area = h('textarea.unseen', { value: text });
    document.body.append(area);
    area.select();
    const done = document.execCommand('copy');
    area.remove();
    return done;
  }
}

/** A command line with its copy button. */
export function command(text) {
  const said = h('span', t('copy.copy'));
  const button = h('button.quiet', {
    type: 'button', 'aria-label': t('copy.command'),
    onclick: async () => {
      put(said, (await copy(text)) ? t('copy.done') : t('copy.failed'));
      setTimeout(() => put(said, t('copy.copy')), 1600);
    },
  }, icon('copy'), said);
  return h('div.command', h('code', { tabindex: 0 }, text), button);
}

/** What is missing, and what brings it. */
export function empty(title, why, ...next) {
  return h('div.empty', h('p.empty-title', title), why ? h('p.mute', why) : null, next);
}

export function notice(kind, ...children) {
  return h('div.notice', { 'data-kind': kind, role: kind === 'bad' ? 'alert' : 'status' }, children);
}

/** A state in words with its dot: `ok`, `warn`, `bad`, `empty`. */
export function pill(state, text) {
  return h('span.pill', { 'data-state': state }, h('span.dot', { 'aria-hidden': 'true' }), text);
}

/** A row of buttons of which one is chosen. */
export function segments(label, choices, chosen, onChoose) {
  const group = h('div.segments', { role: 'group', 'aria-label': label });
  const draw = now => put(group, choices.map(([value, content, name]) => h('button', {
    type: 'button', 'aria-pressed': String(value === now), title: name, 'aria-label': name,
    onclick: () => { draw(value); onChoose(value); },
  }, content)));
  draw(chosen);
  return group;
}

/** A grey shape of what is coming; CSS shows it only after 200 ms. */
export const skeleton = (lines = 3) =>
  h('div.skeleton', { 'aria-label': t('state.loading'), role: 'status' }, Array.from({ length: lines }, () => h('span')));

/** An error in words: what, and what to do when nobody answered. */
export function failure(error, retry) {
  const text = error.offline ? t('error.offline') : t('error.refused', { message: error.message });
  return notice('bad', h('span', text), retry ? h('button.quiet', { type: 'button', onclick: retry }, t('error.retry')) : null);
}

/** Words of an annotation, in which `back-ticks` are code, as rule writers use them. */
export const prose = text => text.split('`').map((part, i) => (i % 2 ? h('code', part) : part));

export const exploreLink = expr => '/explore?' + new URLSearchParams({ 'g0.expr': expr, 'g0.range_input': '1h' });
