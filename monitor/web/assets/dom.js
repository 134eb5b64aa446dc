// Elements, and lists of them that change in place: what stays the same is not touched,
// so nothing flickers and the focus stays. Text is always text, never markup.

export const one = (id) => document.getElementById(id);

export function make(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) set(node, name, value);
  node.append(...children);
  return node;
}

export function set(node, name, value) {
  if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
  else if (value === null || value === false) node.removeAttribute(name);
  else if (node.getAttribute(name) !== String(value)) node.setAttribute(name, value);
}

export function say(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

export function fill(parent, items, keyOf, build, update = () => {}) {
  const before = new Map([...parent.children].map((node) => [node.dataset.key, node]));
  items.forEach((item, at) => {
    const key = String(keyOf(item));
    let node = before.get(key);
    if (node === undefined) {
      node = build(item);
      node.dataset.key = key;
    }
    before.delete(key);
    update(node, item);
    if (parent.children[at] !== node) parent.insertBefore(node, parent.children[at] ?? null);
  });
  for (const node of before.values()) node.remove();
}
