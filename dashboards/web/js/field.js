// The PromQL field: a plain textarea over a coloured copy of its text, so that typing, undo, input
// methods and screen readers stay the browser's own. Errors are underlined at their column.

import { suggest } from './complete.js';
import { h, put } from './dom.js';
import { kept, keep } from './keep.js';
import { t } from './lang.js';
import { tokens } from './promql.js';

const historyMax = 50;
export const past = () => { try { return JSON.parse(kept('history', '[]')); } catch { return []; } };

export function remember(text) {
  keep('history', JSON.stringify([text, ...past().filter(one => one !== text)].slice(0, historyMax)));
}

/** Gives {element, text, problem, focus}; `onRun(text)` gets what is to be asked. */
export function field(onRun) {
  const area = h('textarea.field-text', {
    rows: 1, spellcheck: 'false', autocomplete: 'off', autocapitalize: 'off', 'data-search': '', role: 'combobox',
    'aria-label': t('explore.field'), 'aria-expanded': 'false', 'aria-controls': 'suggestions', 'aria-autocomplete': 'list', placeholder: t('explore.placeholder'),
  });
  const paint = h('pre.field-paint', { 'aria-hidden': 'true' });
  const list = h('ul.menu.suggestions#suggestions', { role: 'listbox', hidden: true });
  const element = h('div.field', h('div.field-box', paint, area), list);
  let wrong = null;      // {at, end} of the error in the text
  let offered = { from: 0, items: [] };
  let chosen = -1;
  let visited = -1;      // place in the history; -1 is the draft
  let draft = '';
  let turn = 0;

  const isWrong = ({ at, text }) => wrong && at < Math.max(wrong.end, wrong.at + 1) && wrong.at < at + text.length;

  function draw() {
    const text = area.value;
    put(paint, tokens(text).map(token => h('span', {
      class: 'tok-' + token.kind, 'data-wrong': isWrong(token) ? '' : null,
    }, token.text)), wrong && wrong.at >= text.length ? h('span', { 'data-wrong': '' }, '\u00a0') : null, '\n');
    area.style.height = 'auto';
    area.style.height = paint.offsetHeight + 'px';
  }

  async function offer() {
    const mine = ++turn;
    const next = await suggest(area.value, area.selectionStart);
    if (mine !== turn || document.activeElement !== area) return;
    offered = next;
    chosen = next.items.length ? 0 : -1;
    drawList();
  }

  function drawList() {
    list.hidden = offered.items.length === 0;
    area.setAttribute('aria-expanded', String(!list.hidden));
    put(list, offered.items.map((item, i) => h('li', {
      id: 'suggestion-' + i, role: 'option', 'aria-selected': String(i === chosen),
      onpointerdown: event => { event.preventDefault(); accept(i); },
    }, h('span.suggestion-text', { class: 'suggestion-text tok-' + item.kind }, item.text), h('span.suggestion-hint', item.hint))));
    if (chosen >= 0) {
      area.setAttribute('aria-activedescendant', 'suggestion-' + chosen);
      list.children[chosen]?.scrollIntoView({ block: 'nearest' });
    } else area.removeAttribute('aria-activedescendant');
  }

  function close() {
    turn += 1;
    offered = { from: 0, items: [] };
    chosen = -1;
    drawList();
  }

  function accept(i) {
    const item = offered.items[i];
    const after = area.value.slice(area.selectionStart);
    const insert = item.insert.endsWith('(') && after.startsWith('(') ? item.insert.slice(0, -1) : item.insert;
    area.setRangeText(insert, offered.from, area.selectionStart, 'end');
    close();
    changed();
    if (item.kind === 'function') offer();
  }

  function changed() {
    wrong = null;
    draw();
  }

  function recall(direction) {
    const entries = past();
    const next = Math.max(-1, Math.min(entries.length - 1, visited + direction));
    if (next === visited) return;
    if (visited === -1) draft = area.value;
    visited = next;
    area.value = visited === -1 ? draft : entries[visited];
    close();
    changed();
  }

  function run() {
    close();
    visited = -1;
    const text = area.value.trim();
    if (text) remember(text);
    onRun(text);
  }

  area.addEventListener('input', event => {
    visited = -1;
    changed();
    if (!event.isComposing) offer();
  });
  area.addEventListener('blur', close);
  area.addEventListener('keydown', event => {
    if (event.isComposing) return;
    const open = !list.hidden;
    if (event.ctrlKey && event.key === 'ArrowUp') recall(1);
    else if (event.ctrlKey && event.key === 'ArrowDown') recall(-1);
    else if (event.ctrlKey && event.key === ' ') offer();
    else if (open && event.key === 'ArrowDown') { chosen = (chosen + 1) % offered.items.length; drawList(); }
    else if (open && event.key === 'ArrowUp') { chosen = (chosen + offered.items.length - 1) % offered.items.length; drawList(); }
    else if (open && event.key === 'Tab' && chosen >= 0) accept(chosen);
    else if (open && event.key === 'Escape') { event.stopPropagation(); close(); }
    else if (event.key === 'Enter' && !event.shiftKey) {
      const exact = open && offered.items[chosen] && area.value.slice(offered.from, area.selectionStart).length > 0
        && offered.items[chosen].score < 2 && !event.ctrlKey && area.dataset.picked === 'yes';
      if (exact) accept(chosen);
      else run();
    } else {
      if (!/^(Shift|Control|Alt|Meta)$/.test(event.key)) delete area.dataset.picked;
      return;
    }
    if (/^Arrow/.test(event.key) && open) area.dataset.picked = 'yes'; else delete area.dataset.picked;
    event.preventDefault();
  });
  new ResizeObserver(draw).observe(element);

  return {
    element, run,
    get text() { return area.value.trim(); },
    set text(value) { area.value = value; changed(); },
    /** Underlines the tokens from `at` to `end`; null takes the line away. */
    problem(place) { wrong = place; draw(); },
    focus: () => area.focus(),
  };
}
