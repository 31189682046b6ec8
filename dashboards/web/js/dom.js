// Makes elements: h('a.card#id', {href, onclick, 'aria-label'}, children…). Children may be nodes,
// text, nested lists or nothing; text is always text, never markup, so no label value can inject.

const svgNamespace = 'http://www.w3.org/2000/svg';

function apply(node, props) {
  for (const [name, value] of Object.entries(props)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith('on')) node.addEventListener(name.slice(2), value);
    else if (name === 'style') node.style.cssText = value;
    else if (name === 'value' || name === 'checked') node[name] = value;
    else node.setAttribute(name, value === true ? '' : value);
  }
}

function fill(node, children) {
  for (const child of children.flat(Infinity)) {
    if (child === undefined || child === null || child === false || child === '') continue;
    node.append(child instanceof Node ? child : String(child));
  }
}

function named(selector, make) {
  const [head, ...rest] = selector.split(/(?=[.#])/);
  const node = make(head);
  for (const part of rest) {
    if (part[0] === '#') node.id = part.slice(1);
    else node.classList.add(part.slice(1));
  }
  return node;
}

export function h(selector, props, ...children) {
  const node = named(selector, tag => document.createElement(tag));
  if (props && (props instanceof Node || typeof props !== 'object' || Array.isArray(props))) {
    fill(node, [props, ...children]);
  } else {
    if (props) apply(node, props);
    fill(node, children);
  }
  return node;
}

export function svg(selector, props = {}, ...children) {
  const node = named(selector, tag => document.createElementNS(svgNamespace, tag));
  for (const [name, value] of Object.entries(props)) {
    if (value !== undefined && value !== null && value !== false) node.setAttribute(name, value);
  }
  fill(node, children);
  return node;
}

/** Replaces the children of a node. */
export function put(node, ...children) {
  node.replaceChildren();
  fill(node, children);
  return node;
}

/** Calls `work` once after `millis` of quiet. */
export function later(work, millis) {
  let timer = 0;
  return (...args) => {
    clearTimeout(timer);
    timer = setTimeout(() => work(...args), millis);
  };
}
