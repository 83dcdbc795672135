// One stop for Tab in a list; the arrow keys, Home and End go through it.

const STEPS = { ArrowDown: 1, ArrowUp: -1, ArrowRight: 1, ArrowLeft: -1 };

// Of the items found by `selector`, exactly one can be reached by Tab: the current or the first.
export function settle(container, selector) {
  const items = [...container.querySelectorAll(selector)];
  const stop = items.find((item) => item === document.activeElement) ?? items.find((item) => item.ariaCurrent === "true") ?? items[0];
  for (const item of items) item.tabIndex = item === stop ? 0 : -1;
}

export function rove(container, selector, keys = ["ArrowDown", "ArrowUp"]) {
  container.addEventListener("keydown", (event) => {
    const items = [...container.querySelectorAll(selector)].filter((item) => !item.disabled);
    const at = items.indexOf(event.target.closest(selector));
    if (at < 0) return;
    let next;
    if (keys.includes(event.key)) next = items[(at + STEPS[event.key] + items.length) % items.length];
    else if (event.key === "Home") [next] = items;
    else if (event.key === "End") next = items.at(-1);
    else return;
    event.preventDefault();
    for (const item of items) item.tabIndex = item === next ? 0 : -1;
    next.focus();
  });
}
