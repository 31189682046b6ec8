// A path that is no page.

import { h, put } from '../dom.js';
import { t } from '../lang.js';
import { empty } from '../parts.js';

export function open(place, context) {
  put(place, h('section.card', empty(t('lost.title', { path: context.path }), t('lost.why'), h('p', h('a', { href: '/' }, t('lost.home'))))));
  return {};
}
