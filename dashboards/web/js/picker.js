// The time range and the refresh, in the header of every page that has a range. One field takes
// what a person types (`6h`, `yesterday`, `2026-10-18 09:00 to 12:00`); arrows move by half.

import { h, put } from './dom.js';
import { dateTime, shortClock } from './format.js';
import { icon } from './icons.js';
import { kept, keep } from './keep.js';
import { t, locale } from './lang.js';
import * as range from './range.js';
import * as refresh from './refresh.js';
import { lengthMillis, understand } from './span.js';

const quick = ['5m', '15m', '30m', '1h', '3h', '6h', '12h', '1d', '2d', '7d', '30d', '90d'];

/** `Last 6 h`, or both ends. */
export function rangeText(span = range.get()) {
  if (span.to === 'now' && typeof span.from === 'string') {
    return t('range.last', { span: lengthWords(span.from.slice(4)) });
  }
  const [from, to] = range.ends();
  const sameDay = new Date(from).toDateString() === new Date(to).toDateString();
  return `${dateTime(from).replace(/:00$/, '')} – ${span.to === 'now' ? t('range.now') : sameDay ? shortClock(to) : dateTime(to).replace(/:00$/, '')}`;
}

function lengthWords(text) {
  const unit = { s: 'second', m: 'minute', h: 'hour', d: 'day', w: 'week', y: 'year' }[text.at(-1)];
  const value = Number(text.slice(0, -1));
  if (!unit || !Number.isFinite(value)) return text;
  return new Intl.NumberFormat(locale(), { style: 'unit', unit, unitDisplay: 'long' }).format(value);
}

const recent = () => JSON.parse(kept('ranges', '[]')).filter(one => understand(one));
function remember(text) {
  keep('ranges', JSON.stringify([text, ...recent().filter(one => one !== text)].slice(0, 4)));
}

export function rangePicker() {
  const label = h('span.range-label');
  const button = h('button.range-open', { type: 'button', 'aria-haspopup': 'dialog', 'aria-expanded': 'false', title: t('range.pick'), onclick: () => toggle() }, label, icon('down'));
  const field = h('input.range-field', { type: 'text', placeholder: t('range.placeholder'), 'aria-label': t('range.typed'), spellcheck: 'false', autocomplete: 'off' });
  const problem = h('p.field-problem', { role: 'alert' });
  const menu = h('div.menu.range-menu', { role: 'dialog', 'aria-label': t('range.pick'), hidden: true });
  const element = h('div.picker', { role: 'group', 'aria-label': t('range.pick') },
    h('button.step', { type: 'button', title: t('range.earlier'), 'aria-label': t('range.earlier'), onclick: () => range.shift(-1) }, icon('left')),
    button,
    h('button.step', { type: 'button', title: t('range.later'), 'aria-label': t('range.later'), onclick: () => range.shift(1) }, icon('right')),
    h('button.step', { type: 'button', title: t('range.widen'), 'aria-label': t('range.widen'), onclick: () => range.widen() }, icon('wide')),
    menu);

  const draw = () => put(label, rangeText());

  function choose(text) {
    const span = understand(text);
    if (!span) {
      put(problem, t('range.not_understood'));
      return;
    }
    if (!lengthMillis(text)) remember(text);
    range.set(span);
    toggle(false);
    button.focus();
  }

  function toggle(open = menu.hidden) {
    menu.hidden = !open;
    button.setAttribute('aria-expanded', String(open));
    if (!open) return;
    put(problem);
    field.value = '';
    const old = recent();
    put(menu,
      h('form', { onsubmit: event => { event.preventDefault(); choose(field.value); } }, field, problem),
      h('div.range-quick', quick.map(text => h('button', { type: 'button', onclick: () => choose(text) }, lengthWords(text)))),
      h('div.range-days', ['today', 'yesterday', 'this week'].map(text => h('button', { type: 'button', onclick: () => choose(text) }, t('range.' + text.replace(' ', '_'))))),
      old.length ? h('div.range-recent', h('p.mute', t('range.recent')), old.map(text => h('button', { type: 'button', onclick: () => choose(text) }, text))) : null,
      h('p.mute.range-zone', Intl.DateTimeFormat().resolvedOptions().timeZone));
    field.focus();
  }

  field.addEventListener('input', () => put(problem));
  element.addEventListener('keydown', event => {
    if (event.key === 'Escape' && !menu.hidden) {
      event.stopPropagation();
      toggle(false);
      button.focus();
    }
  });
  const outside = event => { if (!element.contains(event.target)) toggle(false); };
  document.addEventListener('pointerdown', outside);
  const unwatch = range.watch(draw);
  draw();
  return { element, open: () => toggle(true), end() { unwatch(); document.removeEventListener('pointerdown', outside); } };
}

/** Refresh now, how often, and what it is doing. */
export function refreshControl() {
  const words = h('span.live', { role: 'status', 'aria-live': 'off' });
  const select = h('select', { 'aria-label': t('refresh.every'), onchange: event => refresh.choose(Number(event.target.value)) },
    refresh.choices.map(seconds => h('option', { value: String(seconds), selected: seconds === refresh.interval() },
      seconds ? t('refresh.seconds', { span: seconds < 60 ? seconds + '\u2009s' : seconds / 60 + '\u2009min' }) : t('refresh.off'))));
  const element = h('div.refresh', words,
    h('button.step', { type: 'button', title: t('refresh.now'), 'aria-label': t('refresh.now'), onclick: () => refresh.now() }, icon('refresh')), select);
  let shown = '';
  function draw() {
    const state = refresh.state();
    if (state !== shown) {
      shown = state;
      words.dataset.state = state;
      put(words, h('span.dot', { 'aria-hidden': 'true' }), h('span.live-word', t('refresh.' + state)));
    }
  }
  draw();
  return { element, draw };
}
