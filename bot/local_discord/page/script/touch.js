// A long touch, for browsers that make no menu of it themselves.

const LONG = 550; // milliseconds
const SHAKE = 9; // pixels a finger may move meanwhile
const ENDS = ["pointermove", "pointerup", "pointercancel", "contextmenu"];

// `pressed(target, {x, y})` says whether it did anything; then the touch presses nothing else.
export function onLongTouch(element, pressed) {
  let timer = null;
  let isTaken = false;
  element.addEventListener("pointerdown", (event) => {
    if (event.pointerType !== "touch") return;
    const { target, clientX: x, clientY: y } = event;
    isTaken = false;
    timer = setTimeout(() => (isTaken = pressed(target, { x, y })), LONG);
    const end = (next) => {
      if (next.type === "pointermove" && Math.hypot(next.clientX - x, next.clientY - y) < SHAKE) return;
      clearTimeout(timer);
      for (const name of ENDS) removeEventListener(name, end, true);
    };
    for (const name of ENDS) addEventListener(name, end, true);
  });
  element.addEventListener("click", (event) => {
    if (!isTaken) return;
    isTaken = false;
    event.preventDefault();
    event.stopPropagation();
  }, true);
}
